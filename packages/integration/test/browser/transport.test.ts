import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Browser, launchChromium } from '../../src/browser/chromium.ts'
import { RegtestBitcoind } from '../../src/index.ts'
import { startWebSocketRelay, type WebSocketRelay } from '../../src/websocket/websocket-relay.ts'
import type { PageResult } from './transport-page.ts'

const INSTALL_TIMEOUT = 300_000

/** What a page is served with that lets no WebAssembly be compiled. */
const STRICT = "default-src 'none'; script-src 'self'; connect-src ws:"

let bitcoind: RegtestBitcoind
let browser: Browser
let relay: WebSocketRelay
let server: Server
let script: string
let url: string

beforeAll(async () => {
  ;[bitcoind, browser] = await Promise.all([RegtestBitcoind.start(), launchChromium()])
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('transport-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    conditions: ['@sapwood/source'],
    target: 'es2022',
  })
  script = outputFiles[0]!.text
  server = createServer(({ url: path = '/' }, response) => {
    if (path.startsWith('/strict')) response.setHeader('content-security-policy', STRICT)
    response.setHeader('content-type', path === '/page.js' ? 'text/javascript' : 'text/html')
    response.end(path === '/page.js' ? script : '<!doctype html><script src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  relay = await startWebSocketRelay({ route: () => bitcoind.p2pAddress, origins: [url] })
}, INSTALL_TIMEOUT)

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await relay.close()
  await browser.close()
  await bitcoind.stop()
})

it.each([
  ['a web page', '/', 'wasm+noble'],
  ['one whose CSP lets no WebAssembly be compiled', '/strict', 'noble'],
])('speaks v2 with bitcoind from %s', async (_, path, crypto) => {
  expect(script).not.toMatch(/node:crypto/)
  const page = await browser.context.newPage()
  await page.goto(url + path)
  const result = await page.evaluate<PageResult>(`run(${JSON.stringify(relay.url)})`)
  expect(result).toMatchObject({ protocol: 'v2', backend: 'browser', crypto })
  expect(result.userAgent).toMatch(/Satoshi/)
  const peers = await bitcoind.rpc<{ session_id: string; transport_protocol_type: string }[]>('getpeerinfo')
  expect(peers).toMatchObject([{ session_id: result.sessionId, transport_protocol_type: 'v2' }])
  await page.evaluate('release()')
  await page.close()
  await expect.poll(() => bitcoind.rpc('getpeerinfo')).toEqual([])
})
