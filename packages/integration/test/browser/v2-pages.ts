import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, launchChromium } from '../../src/browser/chromium.ts'
import { RegtestBitcoind } from '../../src/index.ts'
import { startWebSocketRelay, type WebSocketRelay } from '../../src/websocket/websocket-relay.ts'
import type { V2Peer } from '../runtimes/speak-v2.ts'
import type { PageResult } from './transport-page.ts'

/** What a page is served with that lets no WebAssembly be compiled. */
const STRICT = "default-src 'none'; script-src 'self'; connect-src ws:"

/** Pages in Chromium that speak v2 with bitcoind through a relay. */
export class V2Pages implements AsyncDisposable {
  /** What they run. */
  readonly script: string
  readonly #bitcoind: RegtestBitcoind
  readonly #browser: Browser
  readonly #relay: WebSocketRelay
  readonly #server: Server
  readonly #url: string

  private constructor(
    script: string,
    bitcoind: RegtestBitcoind,
    browser: Browser,
    relay: WebSocketRelay,
    server: Server,
    url: string,
  ) {
    this.script = script
    this.#bitcoind = bitcoind
    this.#browser = browser
    this.#relay = relay
    this.#server = server
    this.#url = url
  }

  /** @param conditions Of the packages' exports: none for the packages as they are built. */
  static async start(bitcoind: RegtestBitcoind, conditions: string[]): Promise<V2Pages> {
    const browser = await launchChromium()
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('transport-page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      conditions,
      target: 'es2022',
    })
    const script = outputFiles[0]!.text
    const server = createServer(({ url: path = '/' }, response) => {
      if (path.startsWith('/strict')) response.setHeader('content-security-policy', STRICT)
      response.setHeader('content-type', path === '/page.js' ? 'text/javascript' : 'text/html')
      response.end(path === '/page.js' ? script : '<!doctype html><script src="/page.js"></script>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const relay = await startWebSocketRelay({ route: () => bitcoind.p2pAddress, origins: [url] })
    return new V2Pages(script, bitcoind, browser, relay, server, url)
  }

  /**
   * Opens a page, and has it connect. @param strict Whether its CSP lets no WebAssembly be compiled.
   * @returns what it found, and what bitcoind said of its peers meanwhile; the page is closed then.
   */
  async speak(strict: boolean): Promise<{ readonly result: PageResult; readonly peers: readonly V2Peer[] }> {
    const page = await this.#browser.context.newPage()
    await page.goto(`${this.#url}/${strict ? 'strict' : ''}`)
    const result = await page.evaluate<PageResult>(`run(${JSON.stringify(this.#relay.url)})`)
    const peers = await this.#bitcoind.rpc<V2Peer[]>('getpeerinfo')
    await page.evaluate('release()')
    await page.close()
    return { result, peers }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await this.#relay.close()
    await this.#browser.close()
  }
}
