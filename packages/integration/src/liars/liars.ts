import {
  type BlockHash,
  encodePayload,
  type GossipedAddress,
  isBlockEntry,
  regtest,
  Services,
} from '@sapwood/wire-codec'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import type { BendFilter } from '../regtest/regtest-filters.ts'
import { reply } from '../test-peer/reply.ts'
import type { TestPeer } from '../test-peer/test-peer.ts'
import type { Liar, SilentStep } from './liar.ts'

const SERVICES = Services.NETWORK | Services.NETWORK_LIMITED | Services.WITNESS | Services.P2P_V2
/** Addresses of one message of a flood (the most that one may have), and messages of a flood. */
const FLOOD = { addresses: 1_000, messages: 10 }
/** Milliseconds between two blocks that nobody asked for. */
const DISTRACTION_INTERVAL = 1_000
/** Bits of a difficulty that no block of regtest was mined to. */
const MAINNET_BITS = 0x1d00ffff
/** Headers of one answer (`MAX_HEADERS_RESULTS`). */
const MAX_HEADERS = 2_000
/** Height that is claimed by who has made up the chain. */
const CLAIMED_HEIGHT = 1_000_000
/** A filter in which nothing is found. */
const EMPTY_FILTER = Uint8Array.of(0)

/** What a peer of this name does with `getheaders` and `getdata` where it does not lie about them. */
function answerHonestly(peer: TestPeer, chain: RegtestChain): TestPeer {
  return peer.on('getheaders', reply.headers(chain)).on('getdata', reply.blocks(chain))
}

function liar(
  does: string,
  chain: Pick<RegtestChain, 'height'> | undefined,
  play: (peer: TestPeer) => void | Promise<void>,
  { services = 0n, ...more }: { readonly services?: bigint } & Omit<Liar['options'], 'version'> = {},
): Liar {
  const version = { services: SERVICES | services, startHeight: chain?.height ?? CLAIMED_HEIGHT }
  return { does, options: { version, ...more }, play: async (peer) => play(peer) }
}

/** Those who lie, by name. Each call makes one. */
export const liars: {
  /** None of the lies: an honest look, for who only wants to be chosen. */
  readonly honest: (chain: RegtestChain) => Liar
  /** True headers; to who asks for a block every second another one, and never the one that was asked for. */
  readonly withheldBlocks: (chain: RegtestChain) => Liar
  /** Headers without proof of work. */
  readonly unworkedHeaders: (chain: RegtestChain) => Liar
  /** Valid headers of the least difficulty, without an end: as many more as are asked for. */
  readonly lowWorkHeaders: () => Liar
  /** True blocks, and filters (BIP157) of which every third finds nothing. */
  readonly falseFilters: (chain: RegtestChain) => Liar
  /** Thousands of addresses of nobody, unasked. @param seed makes them the same again. */
  readonly addressFlood: (chain: RegtestChain, seed?: number | string) => Liar
  /** A high chain in its `version`, and silence from a step on. */
  readonly silence: (step: SilentStep, chain?: RegtestChain) => Liar
} = {
  honest: (chain) =>
    liar('nothing but what is asked of it', chain, (peer) => void answerHonestly(peer, chain)),
  withheldBlocks: (chain) =>
    liar('keeps the blocks that are asked for, and sends another', chain, (peer) => {
      let isDistracting = false
      const distract = (): void => {
        if (peer.closed !== undefined) return
        void peer.send({ type: 'block', block: chain.at(1)!.block })
        peer.clock.setTimer(DISTRACTION_INTERVAL, distract)
      }
      peer.on('getheaders', reply.headers(chain)).on('getdata', ({ inventory }) => {
        if (isDistracting || !inventory.some(({ type }) => isBlockEntry(type))) return
        isDistracting = true
        distract()
      })
    }),
  unworkedHeaders: (chain) =>
    liar('sends headers without proof of work', chain, (peer) => {
      const headers = chain.headers.map((header) => ({ ...header, bits: MAINNET_BITS }))
      peer.on('getheaders', ({ locator }) => {
        const heights = locator.map((hash) => chain.heightOf(hash)).filter((height) => height !== undefined)
        const from = heights[0] ?? 0
        return { type: 'headers', headers: headers.slice(from, from + MAX_HEADERS) }
      })
    }),
  lowWorkHeaders: () =>
    liar('sends headers of the least difficulty without an end', undefined, (peer) => {
      const chain = new RegtestChain({ name: 'low work' })
      peer.on('getheaders', ({ locator, stopHash }) => {
        const known = (hash: BlockHash): number | undefined => chain.heightOf(hash)
        const height = locator.map(known).find((found) => found !== undefined) ?? 0
        chain.mine(Math.max(0, height + MAX_HEADERS - chain.height))
        return { type: 'headers', headers: chain.headersAfter(locator, stopHash) }
      })
    }),
  falseFilters: (chain) =>
    liar(
      'sends filters in which nothing is found',
      chain,
      (peer) => {
        answerHonestly(peer, chain)
          .on('getcfheaders', reply.filterHeaders(chain, hideEveryThird))
          .on('getcfilters', reply.filters(chain, hideEveryThird))
      },
      { services: Services.COMPACT_FILTERS },
    ),
  addressFlood: (chain, seed = 'flood') => {
    const random = createSeededRandom(`addresses of nobody ${seed}`)
    // Made once: who lies to hundreds of connections tells them all the same.
    let flood: readonly Uint8Array[] | undefined
    return liar('sends thousands of addresses of nobody', chain, async (peer) => {
      answerHonestly(peer, chain)
      const time = Math.floor(peer.clock.wallTime() / 1_000)
      flood ??= Array.from({ length: FLOOD.messages }, () => {
        const addresses = inventedAddresses(random.bytes(3 * FLOOD.addresses), time)
        return encodePayload({ type: 'addrv2', addresses }).payload
      })
      for (const payload of flood) await peer.sendRaw('addrv2', payload)
    })
  },
  silence: (step, chain = new RegtestChain()) => {
    const does = `falls silent before ${step}`
    const claimed = { height: CLAIMED_HEIGHT }
    switch (step) {
      case 'connect':
        return liar(does, claimed, () => undefined, { handshake: 'none' })
      case 'key':
        return liar(does, claimed, sendKey, { handshake: 'none' })
      case 'version':
        return liar(does, claimed, () => undefined, { handshake: 'transport', answerPings: false })
      case 'verack': {
        const silent = liar(does, claimed, () => undefined, { handshake: 'transport', answerPings: false })
        return { ...silent, play: (peer) => sendVersion(peer, silent.options) }
      }
      case 'ping':
        return liar(does, claimed, () => undefined, { answerPings: false })
      case 'headers':
        return liar(does, claimed, () => undefined)
      case 'blocks':
        return liar(does, chain, (peer) => void peer.on('getheaders', reply.headers(chain)))
    }
  },
}

async function sendVersion(peer: TestPeer, { version }: Liar['options']): Promise<void> {
  await peer.sendVersion(version)
}

async function sendKey(peer: TestPeer): Promise<void> {
  if (peer.transport === 'v2') await peer.sendBytes(peer.v2.key, 'key')
}

const hideEveryThird: BendFilter = (filter, height) => (height % 3 === 2 ? EMPTY_FILTER : filter)

/** Addresses that nobody listens at. @param drawn three bytes for each. @param time seconds since 1970. */
function inventedAddresses(drawn: Uint8Array, time: number): GossipedAddress[] {
  return Array.from({ length: drawn.length / 3 }, (_, index) => {
    const [a, b, c] = drawn.subarray(3 * index)
    const bytes = Uint8Array.of(150 + (a! % 20), b!, c!, 7)
    return {
      time,
      services: Services.NETWORK | Services.WITNESS,
      address: { network: 'ipv4', bytes, port: regtest.defaultPort },
    }
  })
}
