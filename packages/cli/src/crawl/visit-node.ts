import { createPeer, isPeerError } from '@sapwood/peer'
import type { Visit } from '@sapwood/publish/crawl'
import type { PeerAddress } from '@sapwood/wire-codec'
import { openConnection } from '../connecting/open-connection.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { explainFailure } from '../errors/explain-failure.ts'
import type { CommonOptions } from '../options/common-options.ts'

/** One visit: a connection, its version, the addresses that it gives, and a clean end. */
export async function visitNode(
  address: PeerAddress,
  options: CommonOptions & { readonly wait: number },
  surroundings: Surroundings,
): Promise<Visit> {
  const { clock, signal } = surroundings
  const { network, timeout, wait } = options
  const started = clock.now()
  try {
    const connection = await openConnection(address, options, surroundings, () => undefined)
    await using peer = createPeer(
      connection,
      {
        network,
        kind: 'manual',
        address,
        askForAddresses: false,
        // It is not to spend its time on us.
        version: { relay: false },
        timeouts: { handshake: timeout },
        signal,
      },
      { clock },
    )
    const { userAgent, services, startHeight } = await peer.handshake
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
      height: startHeight,
      addresses: given.map((each) => each.address),
      milliseconds: clock.now() - started,
    }
  } catch (error) {
    return {
      reached: false,
      failure: explainFailure(error).message,
      addresses: [],
      milliseconds: clock.now() - started,
    }
  }
}
