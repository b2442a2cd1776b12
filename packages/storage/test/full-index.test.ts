import { createMemoryStore, type KeyValueStore, NodeError, type NodeHandle } from '@sapwood/node'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { createChainIndex } from '../src/index.ts'
import { type SpendingBlock, spendingBlocks } from './support/spending-blocks.ts'

/** Milliseconds between two tries of an index. */
const RETRY = 5_000
const GENESIS = { height: 0, hash: regtest.genesisHash }

/** Takes nothing while it is full. */
function storeThatFills(store: KeyValueStore): { readonly store: KeyValueStore; isFull: boolean } {
  const state: ReturnType<typeof storeThatFills> = {
    isFull: false,
    store: {
      namespace: (name: string) => {
        const space = store.namespace(name)
        return {
          get: (key: string) => space.get(key),
          entries: (range) => space.entries(range),
          batch: (operations) =>
            state.isFull ? Promise.reject(new NodeError('store-full', 'as asked')) : space.batch(operations),
        }
      },
    },
  }
  return state
}

/** What an index takes of a node: the blocks of a chain, as far as it has grown. */
function nodeOn(blocks: readonly SpendingBlock[]): { readonly node: NodeHandle; height: number } {
  const at = (height: number): { height: number; hash: SpendingBlock['hash'] } =>
    blocks[height - 1] ?? GENESIS
  const state = {
    height: 0,
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
          for (let next = from; next <= state.height; next++) yield { type: 'block', ...blocks[next - 1]! }
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
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

  filling.isFull = true
  chain.height = 111
  const second = await createChainIndex(chain.node, { store: filling.store, clock })
  for (let tries = 0; tries < 10; tries++) {
    await clock.advance(RETRY)
    chain.height += 1
  }
  // One block is in memory, as the store has refused it; those after it wait.
  expect(second.tip.height).toBe(111)
  filling.isFull = false
  await clock.advance(RETRY)
  expect(second.tip).toMatchObject({ height: 121, hash: blocks[120]!.hash })
  expect((await second.filter(111))!.blockHash).toEqual(blocks[110]!.hash)
  await second.stop()
  const third = await createChainIndex(chain.node, { store: filling.store, clock })
  expect(third.tip.height).toBe(121)
  await third.stop()
})
