import { connect, loadCrypto, neverFallback } from '@sapwood/transport-v1v2'
import { createWebSocketDialer } from '@sapwood/transport-v1v2/websocket'
import { bytesToHex, regtest } from '@sapwood/wire-codec'
import { exchangeVersions } from '../transport/version-exchange.ts'

/** What the page found out. */
export interface PageResult {
  readonly protocol: string
  readonly sessionId: string
  readonly userAgent: string
  readonly backend: string
  /** What enciphers. */
  readonly crypto: string
}

/**
 * Runs in the browser: a v2 connection to a bitcoind through the relay, kept open until `release` is called.
 */
async function run(relayUrl: string): Promise<PageResult> {
  const dialer = createWebSocketDialer({ open: () => new WebSocket(relayUrl) })
  const address = { network: 'name', host: 'bitcoind', port: 18_444 } as const
  const connection = await connect(address, { dialer, network: regtest, fallback: neverFallback })
  const { userAgent } = await exchangeVersions(connection)
  Object.assign(globalThis, { release: () => connection.writer.close() })
  return {
    protocol: connection.protocol,
    sessionId: bytesToHex(connection.sessionId!),
    userAgent,
    backend: 'Buffer' in globalThis ? 'not a browser' : 'browser',
    crypto: (await loadCrypto()).name,
  }
}

Object.assign(globalThis, { run })
