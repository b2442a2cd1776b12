import {
  formatPeerAddress,
  type NetworkAddress,
  parsePeerAddress,
  type PeerAddress,
  regtest,
} from '@sapwood/wire-codec'
import type { ByteStream } from '@sapwood/transport-v1v2'
import { type Clock, systemClock, withDeadline } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { WireAssertionError } from './wire-assertion-error.ts'

/** Where software under test listens: `host:port`, a port of 127.0.0.1, or an address. */
export type TestPeerAddress = string | number | NetworkAddress

/** Longest that a connection may take, in milliseconds. */
const CONNECT_TIMEOUT = 10_000

export interface DialTcpOptions {
  /** Default: the machine's. */
  readonly clock?: Clock
  /** The address that is dialled from. */
  readonly from?: string
  /** Told in the failure. */
  readonly seed?: number | string
}

/** Opens a TCP connection. @throws WireAssertionError where nobody listens. */
export async function dialTcp(
  address: TestPeerAddress,
  { clock = systemClock, from, seed }: DialTcpOptions = {},
): Promise<ByteStream> {
  const place = placeOf(address)
  const dialer = createTcpDialer({ clock, ...(from !== undefined && { localAddress: from }) })
  try {
    return await withDeadline(clock, CONNECT_TIMEOUT, (signal) => dialer.dial(place, { signal }))
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error)
    const expected = `a connection to ${formatPeerAddress(place)}`
    throw new WireAssertionError({ expected, received, wireLog: '  (nothing)', seed: String(seed ?? '') })
  }
}

function placeOf(address: TestPeerAddress): PeerAddress {
  if (typeof address === 'object') return address
  const text = typeof address === 'number' ? `127.0.0.1:${address}` : address
  return parsePeerAddress(text, { defaultPort: regtest.defaultPort })
}
