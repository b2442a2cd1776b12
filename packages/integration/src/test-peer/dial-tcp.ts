import { once } from 'node:events'
import { connect } from 'node:net'
import { formatHost, type NetworkAddress, parsePeerAddress, regtest } from '@sapwood/wire-codec'
import type { ByteStream } from '@sapwood/transport-v1v2'
import { tcpStream } from '@sapwood/transport-v1v2/tcp'
import { WireAssertionError } from './wire-assertion-error.ts'

/** Where software under test listens: `host:port`, a port of 127.0.0.1, or an address. */
export type TestPeerAddress = string | number | NetworkAddress

/** Longest that a connection may take, in milliseconds. */
const CONNECT_TIMEOUT = 10_000

/** Opens a TCP connection. @throws WireAssertionError where nobody listens. */
export async function dialTcp(
  address: TestPeerAddress,
  { from, seed }: { readonly from?: string; readonly seed?: number | string } = {},
): Promise<ByteStream> {
  const { host, port } = placeOf(address)
  const socket = connect({
    host,
    port,
    timeout: CONNECT_TIMEOUT,
    ...(from === undefined ? {} : { localAddress: from }),
  })
  socket.once('timeout', () => socket.destroy(new Error(`no connection within ${CONNECT_TIMEOUT} ms`)))
  try {
    await once(socket, 'connect')
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error)
    const expected = `a connection to ${host}:${port}`
    throw new WireAssertionError({ expected, received, wireLog: '  (nothing)', seed: String(seed ?? '') })
  }
  socket.setTimeout(0)
  return tcpStream(socket)
}

function placeOf(address: TestPeerAddress): { readonly host: string; readonly port: number } {
  if (typeof address === 'number') return { host: '127.0.0.1', port: address }
  const parsed =
    typeof address === 'string' ? parsePeerAddress(address, { defaultPort: regtest.defaultPort }) : address
  const host = parsed.network === 'name' ? parsed.host : formatHost(parsed)
  return { host: host.replace(/^\[|\]$/g, ''), port: parsed.port }
}
