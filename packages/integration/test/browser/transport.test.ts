import { afterAll, beforeAll, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { V2Pages } from './v2-pages.ts'

const INSTALL_TIMEOUT = 300_000

let bitcoind: RegtestBitcoind
let pages: V2Pages

beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start()
  pages = await V2Pages.start(bitcoind, ['@sapwood/source'])
}, INSTALL_TIMEOUT)

afterAll(async () => {
  await pages[Symbol.asyncDispose]()
  await bitcoind.stop()
})

it.each([
  ['a web page', false, 'wasm+noble'],
  ['one whose CSP lets no WebAssembly be compiled', true, 'noble'],
])('speaks v2 with bitcoind from %s', async (_, strict, crypto) => {
  expect(pages.script).not.toMatch(/node:crypto/)
  const { result, peers } = await pages.speak(strict)
  expect(result).toMatchObject({ protocol: 'v2', backend: 'browser', crypto })
  expect(result.userAgent).toMatch(/Satoshi/)
  expect(peers).toMatchObject([{ session_id: result.sessionId, transport_protocol_type: 'v2' }])
  await expect.poll(() => bitcoind.rpc('getpeerinfo')).toEqual([])
})
