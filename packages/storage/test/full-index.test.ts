import { createMemoryStore, type KeyValueStore, NodeError, type NodeHandle } from '@sapwood/node'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { createChainIndex } from '../src/index.ts'
import { contentOf, openIndex } from './support/index-on.ts'
import { blockOn, type SpendingBlock, spendingBlocks } from './support/spending-blocks.ts'

/** Milliseconds between two tries of an index. */
const RETRY = 5_000
const GENESIS = { height: 0, hash: regtest.genesisHash }

/** Takes no more batches than it has room for. */
function storeThatFills(store: KeyValueStore): { readonly store: KeyValueStore; room: number } {
  const state: ReturnType<typeof storeThatFills> = {
    room: Infinity,
    store: {
      namespace: (name: string) => {
        const space = store.namespace(name)
        return {
          get: (key: string) => space.get(key),
          entries: (range) => space.entries(range),
          batch: (operations) =>
            state.room-- > 0
              ? space.batch(operations)
              : Promise.reject(new NodeError('store-full', 'as asked')),
        }
      },
    },
  }
  return state
}

/** What an index takes of a node: the blocks of a chain, as far as it has grown, or of another. */
interface MadeNode {
  readonly node: NodeHandle
  blocks: readonly SpendingBlock[]
  height: number
  /** Whoever follows is given what there is now. */
  moved(): void
}

function nodeOn(blocks: readonly SpendingBlock[]): MadeNode {
  const at = (height: number): { height: number; hash: SpendingBlock['hash'] } =>
    state.blocks[height - 1] ?? GENESIS
  const state: MadeNode = {
    blocks,
    height: 0,
    moved: () => undefined,
    node: {
      info: () => ({ blockchain: { chain: 'regtest' } }),
      chain: {
        tip: () => at(state.height),
        hashAt: (height: number) => at(height).hash,
        medianTimePast: () => 0,
        isActive: () => true,
        forkPoint: () => undefined,
      },
      blocks: {
        follow: async function* ({ from }: { readonly from: number }, { signal }: { signal: AbortSignal }) {
          for (let next = from; !signal.aborted; ) {
            for (; next <= state.height; next++) yield { type: 'block', ...state.blocks[next - 1]! }
            await new Promise<void>((resolve) => {
              state.moved = resolve
              signal.addEventListener('abort', () => resolve())
            })
          }
        },
      },
    } as unknown as NodeHandle,
  }
  return state
}

it('takes no blocks that a full store has no room for, and loses none when there is some again', async () => {
  const blocks = spendingBlocks(130)
  const chain = nodeOn(blocks)
  const clock = createVirtualClock()
  const filling = storeThatFills(createMemoryStore())
  chain.height = 110
  const index = await createChainIndex(chain.node, { store: filling.store, clock })
  await clock.advance(1)
  expect(index.tip.height).toBe(110)
  await index.stop()

  filling.room = 0
  chain.height = 111
  const second = await createChainIndex(chain.node, { store: filling.store, clock })
  for (let tries = 0; tries < 10; tries++) {
    await clock.advance(RETRY)
    chain.height += 1
  }
  // One block is in memory, as the store has refused it; those after it wait.
  expect(second.tip.height).toBe(111)
  filling.room = Infinity
  await clock.advance(RETRY)
  expect(second.tip).toMatchObject({ height: 121, hash: blocks[120]!.hash })
  expect((await second.filter(111))!.blockHash).toEqual(blocks[110]!.hash)
  await second.stop()
  const third = await createChainIndex(chain.node, { store: filling.store, clock })
  expect(third.tip.height).toBe(121)
  await third.stop()
})

/** Blocks that nobody has seen before, from the first on. */
function branchOf(count: number): readonly SpendingBlock[] {
  const blocks: SpendingBlock[] = []
  for (let height = 1; height <= count; height++) blocks.push(blockOn(blocks.at(-1) ?? GENESIS, [], 1))
  return blocks
}

it('begins anew where it cannot take so many blocks back, however much of that the store refuses', async () => {
  const blocks = spendingBlocks(300)
  const store = createMemoryStore()
  const filling = storeThatFills(store)
  const indexed = await openIndex(filling.store, blocks)
  for (const each of blocks) await indexed.connect(each.block, each)
  await indexed.flush()
  // The mark goes, then the rest, and then the first block comes.
  for (const room of [0, 1, 2]) {
    filling.room = room
    const refused = room === 0 ? indexed.rewind(5) : indexed.flush()
    await expect(refused).rejects.toMatchObject({ code: 'store-full' })
    expect(indexed.tip).toEqual(GENESIS)
    expect(await indexed.filter(300)).toBeUndefined()
  }
  filling.room = Infinity
  await indexed.flush()
  const fresh = createMemoryStore()
  const other = await openIndex(fresh, blocks)
  for (const each of blocks.slice(0, 150)) {
    await indexed.connect(each.block, each)
    await other.connect(each.block, each)
  }
  await Promise.all([indexed.flush(), other.flush()])
  expect(await contentOf(store)).toBe(await contentOf(fresh))
})

it('offers nothing while it begins anew', async () => {
  const chain = nodeOn(spendingBlocks(300))
  const clock = createVirtualClock()
  const filling = storeThatFills(createMemoryStore())
  chain.height = 300
  const index = await createChainIndex(chain.node, { store: filling.store, clock })
  await clock.advance(1)
  expect([index.tip.height, index.caughtUp]).toEqual([300, true])
  filling.room = 1
  chain.blocks = branchOf(302)
  chain.height = 302
  chain.moved()
  await clock.advance(1)
  expect([index.tip.height, index.caughtUp]).toEqual([0, false])
  filling.room = Infinity
  await clock.advance(2 * RETRY)
  expect([index.tip.hash, index.caughtUp]).toEqual([chain.blocks[301]!.hash, true])
  await index.stop()
})
