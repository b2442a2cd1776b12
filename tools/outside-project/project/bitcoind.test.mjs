import { after, before, test } from 'node:test'
import { withBitcoind } from './bitcoind.mjs'

let own
before(async () => {
  own = await withBitcoind()
})
after(() => own.close())

test('has a bitcoind of its own', () => own.check())
