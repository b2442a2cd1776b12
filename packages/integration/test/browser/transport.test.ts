import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Browser, launchChromium } from '../../src/browser/chromium.ts'
import { RegtestBitcoind } from '../../src/index.ts'
import { startWebSocketRelay, type WebSocketRelay } from '../../src/websocket/websocket-relay.ts'
import type { PageResult } from './transport-page.ts'

const INSTALL_TIMEOUT = 300_000

let bitcoind: RegtestBitcoind
let browser: Browser
let relay: WebSocketRelay

beforeAll(async () => {
  ;[bitcoind, browser] = await Promise.all([RegtestBitcoind.start(), launchChromium()])
  relay = await startWebSocketRelay({ route: () => bitcoind.p2pAddress, origins: ['null'] })
}, INSTALL_TIMEOUT)

afterAll(async () => {
  await relay.close()
  await browser.close()
  await bitcoind.stop()
})

it('speaks v2 with bitcoind from a web page', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('transport-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    conditions: ['@sapwood/source'],
    target: 'es2022',
  })
  const script = outputFiles[0]!.text
  expect(script).not.toMatch(/node:crypto/)
  const page = await browser.context.newPage()
  await page.addScriptTag({ content: script })
  const result = await page.evaluate<PageResult>(`run(${JSON.stringify(relay.url)})`)
  expect(result).toMatchObject({ protocol: 'v2', backend: 'browser' })
  expect(result.userAgent).toMatch(/Satoshi/)
  const peers = await bitcoind.rpc<{ session_id: string; transport_protocol_type: string }[]>('getpeerinfo')
  expect(peers).toMatchObject([{ session_id: result.sessionId, transport_protocol_type: 'v2' }])
  await page.evaluate('release()')
})
