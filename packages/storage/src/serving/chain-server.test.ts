import type { BlockStore, NodeHandle, OfferedServices } from '@sapwood/node'
import { peerId, type ServingContext } from '@sapwood/peer'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import {
  asBlockHash,
  type BlockHash,
  encodeBlock,
  genesisBlock,
  hashToHex,
  regtest,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { serveChain } from './chain-server.ts'

const TIP = 20

/** A chain whose blocks all look like the first one: what is served of them is the same. */
function setUp() {
  const hashes = Array.from({ length: TIP + 1 }, (_, height) =>
    asBlockHash(new Uint8Array(32).fill(height + 1)),
  )
  const heights = new Map(hashes.map((hash, height) => [hashToHex(hash), height]))
  const block = genesisBlock(regtest)
  const entry = (height: number) => ({
    height,
    hash: hashes[height]!,
    header: block.header,
    work: BigInt(height),
  })
  const heightOf = (hash: BlockHash): number | undefined => heights.get(hashToHex(hash))
  const chain = {
    heightOf,
    tip: () => entry(TIP),
    get: (hash: BlockHash) => (heightOf(hash) === undefined ? undefined : entry(heightOf(hash)!)),
    isActive: () => true,
    hashAt: (height: number) => hashes[height],
    forkPoint: (hash: BlockHash) => entry(heightOf(hash)!),
  }
  let services: OfferedServices = {}
  const serving = {
    offer: (offer: { readonly services: OfferedServices }) => {
      services = offer.services
      return { withdraw: () => undefined, recheck: () => undefined }
    },
  }
  const node = { chain, serving, info: () => ({ blockchain: { chain: 'regtest' } }) }
  const blockStore = {
    get: () => Promise.resolve(encodeBlock(block)),
    stored: () => ({ range: { from: 1, tip: entry(TIP) } }),
  }
  const seeded = createSeededRandom(1)
  let made = 0
  const random = {
    bytes: (length: number) => {
      made += 1
      return seeded.bytes(length)
    },
  }
  const components = {
    blockStore: blockStore as unknown as BlockStore,
    clock: createVirtualClock(),
    random,
  }
  let worked = 0
  const context: ServingContext = {
    peer: peerId(1),
    signal: new AbortController().signal,
    work: (task) => {
      worked += 1
      return Promise.resolve(task())
    },
  }
  return {
    node: node as unknown as NodeHandle,
    components,
    context,
    hashes,
    services: () => services,
    made: () => made,
    worked: () => worked,
  }
}

describe('serving of a chain', () => {
  it('makes each compact block once, whoever asks for which of them in turn', async () => {
    const { node, components, context, hashes, services, made, worked } = setUp()
    serveChain(node, components)
    const last = hashes.slice(-6)
    for (let round = 0; round < 3; round++)
      await Promise.all(last.map(async (hash) => services().compactBlock!(hash, context)))
    await Promise.all(Array.from({ length: 5 }, async () => services().compactBlock!(last[0]!, context)))
    expect(made()).toBe(6)
    expect(worked()).toBe(6)
  })

  it('decodes a block for some of its transactions on the account of who asks', async () => {
    const { node, components, context, hashes, services, worked } = setUp()
    serveChain(node, components)
    const query = { blockHash: hashes[TIP]!, indexes: [0] }
    expect(await services().blockTransactions!(query, context)).toHaveLength(1)
    expect(worked()).toBe(1)
  })

  it('takes no target that is none', () => {
    const { node, components } = setUp()
    for (const uploadTarget of [-1, Number.NaN])
      expect(() => serveChain(node, components, { uploadTarget })).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
  })
})
