import { afterAll, beforeAll, test } from '@jest/globals'
import { withBitcoind } from './bitcoind.mjs'

let own
beforeAll(async () => {
  own = await withBitcoind()
}, 60_000)
afterAll(() => own.close(), 60_000)

test('has a bitcoind of its own', () => own.check(), 60_000)
