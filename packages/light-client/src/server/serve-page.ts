import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RegtestBitcoind, startWebSocketRelay } from '@sapwood/integration'
import { formatPeerAddress } from '@sapwood/wire-codec'
import { answerPage } from './answer-page.ts'
import { bundlePage, type PageFile } from './bundle-page.ts'

/** Clients of the relay at a time: a handful of tabs. */
const MAX_CLIENTS = 16

/** A bitcoind on regtest, a relay that leads to it and nowhere else, and the page. */
export interface ServedPage extends AsyncDisposable {
  /** Where the page is. */
  readonly url: string
  readonly bitcoind: RegtestBitcoind
  close(): Promise<void>
}

export interface PageOptions {
  /** Port of the page. Default: 0, a free one. */
  readonly port?: number
  /** Whether the page's rules let WebAssembly run. Default: true. */
  readonly wasm?: boolean
}

/** Starts all that the page needs. */
export async function servePage({ port = 0, wasm = true }: PageOptions = {}): Promise<ServedPage> {
  const [bitcoind, files] = await Promise.all([
    RegtestBitcoind.start({ args: ['-blockfilterindex=1', '-peerblockfilters=1'] }),
    bundlePage(),
  ])
  const page: { settings?: Uint8Array; policy?: string } = {}
  const fileOf = (path: string): PageFile | undefined => {
    if (path !== '/settings.json') return files.get(path === '/' ? '/index.html' : path)
    return page.settings && { type: 'application/json', body: page.settings }
  }
  const server = createServer((request, response) =>
    answerPage(request, response, { fileOf, policy: () => page.policy }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  server.on('error', () => undefined)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const peer = formatPeerAddress(bitcoind.p2pAddress)
  const relay = await startWebSocketRelay({
    route: (path) => (decodeURIComponent(path) === `/${peer}` ? bitcoind.p2pAddress : undefined),
    origins: [url],
    maxClients: MAX_CLIENTS,
  })
  page.settings = new TextEncoder().encode(JSON.stringify({ relay: relay.url, peer }))
  page.policy = [
    "default-src 'self'",
    `script-src 'self'${wasm ? " 'wasm-unsafe-eval'" : ''}`,
    `connect-src 'self' ${relay.url}`,
    'img-src data:',
    "frame-ancestors 'none'",
  ].join('; ')
  const close = async (): Promise<void> => {
    await relay.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await bitcoind.stop()
  }
  return { url: `${url}/`, bitcoind, close, [Symbol.asyncDispose]: close }
}
