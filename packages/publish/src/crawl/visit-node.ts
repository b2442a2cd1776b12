import { createPeer, isPeerError } from '@sapwood/peer'
import { connect, type Dialer, type FallbackPolicy } from '@sapwood/transport-v1v2'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { Network, PeerAddress } from '@sapwood/wire-codec'
import type { Visit } from './visit.ts'

/** How a node is visited. */
export interface VisitOptions {
  readonly network: Network
  readonly dialer: Dialer
  /** v2, v1, or both, as `connect` takes it. */
  readonly fallback: FallbackPolicy
  /** Milliseconds for one attempt to connect, of which there are two at most, and for the handshake after. */
  readonly timeout: number
  /** Milliseconds for the addresses, which it need not give. */
  readonly wait: number
}

/** What a visit works with. */
export interface VisitComponents {
  readonly clock: Clock
  /** Ends it. */
  readonly signal: AbortSignal
}

/** One visit: a connection, its version, the addresses that it gives, and a clean end. Never rejects. */
export async function visitNode(
  address: PeerAddress,
  { network, dialer, fallback, timeout, wait }: VisitOptions,
  { clock, signal }: VisitComponents,
): Promise<Visit> {
  const started = clock.now()
  const milliseconds = (): number => clock.now() - started
  try {
    const timeouts = { attempt: timeout, total: 2 * timeout }
    const connection = await connect(address, { dialer, network, fallback, signal, timeouts }, { clock })
    await using peer = createPeer(
      connection,
      {
        network,
        kind: 'manual',
        address,
        askForAddresses: false,
        // It is not to spend its time on us, nor we ours on what is not addresses.
        version: { relay: false },
        compactBlocks: false,
        preferHeaders: false,
        timeouts: { handshake: timeout, pingInterval: 0 },
        signal,
      },
      { clock },
    )
    const { userAgent, services, startHeight, version } = await peer.handshake
    const given = await peer.getAddresses({ timeout: wait, signal }).catch((error: unknown) => {
      // That it gives none is its right.
      if (isPeerError(error)) return []
      throw error
    })
    return {
      reached: true,
      transport: connection.protocol,
      userAgent,
      services,
      version,
      height: startHeight,
      addresses: given.map((each) => each.address),
      milliseconds: milliseconds(),
    }
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    return { reached: false, failure, milliseconds: milliseconds() }
  }
}
