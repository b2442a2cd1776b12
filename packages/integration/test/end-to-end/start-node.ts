import { type NetworkAddress, regtest } from '@sapwood/wire-codec'
import {
  createNode,
  type Listener,
  type NodeComponents,
  type NodeHandle,
  type NodeOptions,
} from '@sapwood/node'
import { listenTcp } from '@sapwood/transport-v1v2/tcp'

/** A node of ours on regtest that asks nobody but those it is told of. */
export function startNode(
  options: Partial<NodeOptions> = {},
  components: NodeComponents = {},
): Promise<NodeHandle> {
  return createNode(
    { network: regtest, connect: [], dnsSeeds: false, fixedSeeds: false, ...options },
    components,
  )
}

/** Listens on a free port of `localhost`, which `address` tells once the node has started. */
export class LoopbackListener implements Listener {
  address: NetworkAddress | undefined

  async listen(...[onStream, { signal }]: Parameters<Listener['listen']>): ReturnType<Listener['listen']> {
    const bytes = Uint8Array.of(127, 0, 0, 1)
    const take: Parameters<typeof listenTcp>[1] = (stream, { port }) =>
      onStream({ stream, address: { network: 'ipv4', bytes, port }, via: 'tcp' })
    const listener = await listenTcp({ signal }, take)
    const { port } = listener
    // Where the machine has IPv6, that is what `localhost` may mean.
    const second = await listenTcp({ signal, host: '::1', port }, take).catch(() => undefined)
    this.address = { network: 'ipv4', bytes, port }
    return {
      address: `localhost:${port}`,
      close: async () => {
        await listener.close()
        await second?.close()
      },
    }
  }
}
