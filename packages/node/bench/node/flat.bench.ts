import { formatPeerAddress, type NetworkAddress, Services } from '@sapwood/wire-codec'
import { createPeer, type Peer, peerId } from '@sapwood/peer'
import { accept, connect, onlyV1 } from '@sapwood/transport-v1v2'
import { type Bench, figure, median } from '../../../../tools/bench/measure.ts'
import { createNode, type NodeHandle } from '../../src/index.ts'
import { nthAddress } from '../../test/support/addresses.ts'
import { regtest } from '../../test/support/make-chain.ts'
import { createMemoryNetwork } from '../../test/support/memory-network.ts'

const OTHERS = [10, 100, 1_000]
const MESSAGES = 1_000
const ROUNDS = 21
const NODE = '1.2.3.4:18444'
const ACTIVE: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(9, 9, 9, 9), port: 18_444 }

/** A node with peers that say nothing, and one that it dialled by name: nobody's time is short for that. */
interface Surroundings {
  readonly node: NodeHandle
  readonly others: readonly Peer[]
  readonly active: Peer
}

async function surroundings(count: number): Promise<Surroundings> {
  const network = createMemoryNetwork()
  const node = await createNode(
    {
      network: regtest,
      connect: [],
      services: Services.NETWORK | Services.WITNESS | Services.P2P_V2,
      slots: { inbound: count },
    },
    { dialer: network.dialerOf(NODE), listeners: [network.listenerOf(NODE)] },
  )
  const target: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18_444 }
  const others: Peer[] = []
  for (let index = 0; index < count; index++) {
    const dialer = network.dialerOf(`${nthAddress(index).bytes.join('.')}:18444`)
    const transport = await connect(target, { dialer, network: regtest, fallback: onlyV1 })
    const peer = createPeer(transport, { id: peerId(index), kind: 'manual', network: regtest })
    await peer.handshake
    others.push(peer)
  }
  const dialled = new Promise<Peer>((resolve, reject) => {
    network.answer(formatPeerAddress(ACTIVE), (stream) => {
      accept(stream, { network: regtest }).then(
        (transport) =>
          resolve(
            createPeer(transport, {
              id: peerId(count),
              kind: 'inbound',
              network: regtest,
              limits: { work: false },
            }),
          ),
        reject,
      )
    })
  })
  await node.network.connectPeer(ACTIVE, { kind: 'manual' })
  const active = await dialled
  await active.ready
  return { node, others, active }
}

/** What a message and its answer cost where 10, 100 and 1,000 other peers are connected: it must not grow. */
const bench: Bench = async (emit) => {
  const all: Surroundings[] = []
  for (const count of OTHERS) all.push(await surroundings(count))
  const micros: number[][] = all.map(() => [])
  const turn = async (index: number): Promise<number> => {
    const before = process.cpuUsage()
    for (let sent = 0; sent < MESSAGES; sent++) await all[index]!.active.ping()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / MESSAGES
  }
  for (let round = -2; round < ROUNDS; round++)
    for (let step = 0; step < all.length; step++) {
      const index = (round + 2 + step) % all.length
      const each = await turn(index)
      // The first two are for the compiler.
      if (round >= 0) micros[index]!.push(each)
    }
  const [fewest] = micros.map(median)
  micros.forEach((each, index) =>
    emit(
      figure({
        name: `flat-${OTHERS[index]!}`,
        unit: 'CPU us',
        better: 'lower',
        ours: median(each),
        reference: fewest!,
        referenceName: `${OTHERS[0]!} others`,
      }),
    ),
  )
  for (const { node, others, active } of all) {
    await Promise.all([active, ...others].map((peer) => peer.disconnect()))
    await node.stop()
  }
}

export default bench
