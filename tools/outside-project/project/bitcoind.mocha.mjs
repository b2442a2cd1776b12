import { withBitcoind } from './bitcoind.mjs'

let own
before(async () => {
  own = await withBitcoind()
})
after(() => own.close())

it('has a bitcoind of its own', () => own.check())
