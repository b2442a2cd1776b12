import { type GossipedAddress, type NetworkAddress, regtest, Services } from '@sapwood/wire-codec'
import { createPeer, peerId, type PeerServices } from '@sapwood/peer'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import type { Random } from '@sapwood/transport-v1v2/environment'
import type { RegtestChain } from '../regtest/regtest-chain.ts'
import { type BendFilter, regtestFilterServices } from '../regtest/regtest-filters.ts'
import { regtestServices } from '../regtest/regtest-services.ts'
import type { Simulation } from './simulation.ts'

/** What somebody does to those who connect to him. */
export type Lie =
  /** Headers without proof of work. */
  | 'bad-headers'
  /**
   * True headers, and to whoever asks for a block every second another one, and never the one that was asked
   * for.
   */
  | 'withheld-blocks'
  /** Thousands of addresses of nobody. */
  | 'address-flood'
  /** True blocks, and filters in which nothing is found. */
  | 'wrong-filters'
  /** A high chain in his `version`, and no answer to whoever asks for its headers. */
  | 'silence'
  /** None of these: an honest look, for those who only want to be chosen. */
  | 'none'

/** Addresses of one message of a flood, and messages of a flood. */
const FLOOD = { addresses: 1_000, messages: 10 }
/** Virtual milliseconds between two blocks that nobody asked for. */
const DISTRACTION_INTERVAL = 1_000

export interface LyingHost {
  /** Blocks that were asked of him and never sent. */
  readonly withheld: number
}

/**
 * Somebody who is not one of our nodes, and lies. He takes connections at an address until the simulation
 * ends.
 */
export function listenLiar(
  simulation: Simulation,
  address: NetworkAddress,
  lie: Lie,
  chain: RegtestChain,
): LyingHost {
  const done = { withheld: 0 }
  const random = simulation.random(`liar ${address.bytes.join('.')}`)
  let nextId = 0
  simulation.network.listen(address, (stream) => {
    serve(simulation, stream, lie, { chain, done }, random, nextId++).catch(() => undefined)
  })
  return done
}

async function serve(
  simulation: Simulation,
  stream: ByteStream,
  lie: Lie,
  { chain, done }: { readonly chain: RegtestChain; readonly done: { withheld: number } },
  random: Random,
  id: number,
): Promise<void> {
  const components = { clock: simulation.clock, random }
  const transport = await accept(stream, { network: regtest }, components)
  const services = servicesOffered(lie)
  const peer = createPeer(
    transport,
    { id: peerId(id), kind: 'inbound', network: regtest, version: { services, startHeight: chain.height } },
    { ...components, services: servicesOf(lie, chain, () => distract()) },
  )
  let isDistracting = false
  const distract = (): void => {
    done.withheld += 1
    if (isDistracting) return
    isDistracting = true
    const send = (): void => {
      if (!isDistracting) return
      peer.send({ type: 'block', block: chain.at(1)!.block })
      simulation.clock.setTimer(DISTRACTION_INTERVAL, send)
    }
    send()
  }
  for await (const { message } of peer.messages()) {
    if (message.type === 'disconnected') {
      isDistracting = false
      return
    }
    if (message.type !== 'ready' || lie !== 'address-flood') continue
    const time = Math.floor(simulation.clock.wallTime() / 1_000)
    for (let i = 0; i < FLOOD.messages; i++) {
      peer.send({ type: 'addrv2', addresses: inventedAddresses(random, time, FLOOD.addresses) })
    }
  }
}

function servicesOf(lie: Lie, chain: RegtestChain, onBlockAsked: () => void): PeerServices {
  const honest = regtestServices(() => chain, new Map())
  const never = (): Promise<never> => new Promise(() => undefined)
  switch (lie) {
    case 'bad-headers':
      return {
        headers: ({ locator }) =>
          chain.headersAfter(locator).map((header) => ({ ...header, bits: 0x1d00ffff })),
      }
    case 'withheld-blocks':
      return {
        ...honest,
        block: () => {
          onBlockAsked()
          return never()
        },
      }
    case 'wrong-filters':
      return { ...honest, ...regtestFilterServices(() => chain, hideAll) }
    case 'silence':
      return { headers: never, block: never }
    case 'address-flood':
    case 'none':
      return honest
  }
}

/** Every third filter is one of no scripts. */
const hideAll: BendFilter = (filter, height) => (height % 3 === 2 ? Uint8Array.of(0) : filter)

/** The service bits that somebody with this lie offers. */
export function servicesOffered(lie: Lie): bigint {
  const services = Services.NETWORK | Services.NETWORK_LIMITED | Services.WITNESS
  return lie === 'wrong-filters' ? services | Services.COMPACT_FILTERS : services
}

/** Addresses that nobody listens at, each drawn at random. */
function inventedAddresses(random: Random, time: number, count: number): GossipedAddress[] {
  return Array.from({ length: count }, () => {
    const [a, b, c] = random.bytes(3)
    const bytes = Uint8Array.of(150 + (a! % 20), b!, c!, 7)
    return {
      time,
      services: Services.NETWORK | Services.WITNESS,
      address: { network: 'ipv4', bytes, port: regtest.defaultPort },
    }
  })
}
