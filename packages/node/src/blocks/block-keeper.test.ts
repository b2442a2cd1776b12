import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { type BlockHash, genesisBlock, regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import type { HeaderChain } from '../chain/header-chain.ts'
import { BlockKeeper } from './block-keeper.ts'
import type { BlockStore, StoredRange } from './block-store.ts'
import type { BlockStreamItem } from './block-stream-item.ts'

const RETRY = 5_000
const hashOf = (height: number): BlockHash => new Uint8Array(32).fill(height) as BlockHash
const block = genesisBlock(regtest)

/** A chain that grows when it is told to, and a store that is full when it is told to be. */
function keeping() {
  const clock = createVirtualClock()
  const state = {
    height: 0,
    isFull: false,
    clock,
    kept: new Set<number>(),
    range: undefined as StoredRange | undefined,
  }
  const store: BlockStore = {
    keepsLast: Infinity,
    has: (hash) => Promise.resolve(state.kept.has(hash[0]!)),
    get: () => Promise.resolve(undefined),
    append: async (blocks, range) => {
      const { isFull } = state
      await Promise.resolve()
      if (isFull) throw new Error('as asked')
      for (const { height } of blocks) state.kept.add(height)
      state.range = range ?? state.range
    },
    stored: () => ({ ...(state.range && { range: state.range }), blocks: state.kept.size, bytes: 0 }),
  }
  const chain = {
    forkPoint: (hash: BlockHash) => ({ height: hash[0]!, hash }),
  } as unknown as HeaderChain
  const follow = async function* (
    { from }: { readonly from: number },
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<BlockStreamItem> {
    for (let height = from; ; height++) {
      while (height > state.height) {
        signal.throwIfAborted()
        await new Promise<void>((resolve) => clock.setTimer(1, resolve))
      }
      yield { type: 'block', height, hash: hashOf(height), block, size: 285 }
    }
  }
  const keeper = new BlockKeeper({
    store,
    chain,
    clock,
    logger: silentLogger,
    follow,
    waitForSync: () => Promise.resolve(),
    onKept: () => undefined,
  })
  keeper.start()
  const grow = async (height: number): Promise<void> => {
    state.height = height
    await clock.advance(10)
  }
  const stop = async (): Promise<void> => {
    const stopped = keeper.stop()
    await clock.advance(10)
    await stopped
  }
  return { state, stop, grow }
}

it('never says that a chain is whole where the store has refused a part of it', async () => {
  const { state, stop, grow } = keeping()
  await grow(4)
  state.isFull = true
  await grow(5)
  expect(state.range?.tip.height).toBe(4)
  state.isFull = false
  await grow(6)
  const { range } = state
  for (let height = range!.from; height <= range!.tip.height; height++)
    expect([height, state.kept.has(height)]).toEqual([height, true])
  await state.clock.advance(RETRY)
  expect([state.range?.tip.height, state.kept.size]).toEqual([6, 6])
  await stop()
})

it('brings what the store has refused when there is room again, and waits for no other block', async () => {
  const { state, stop, grow } = keeping()
  await grow(4)
  state.isFull = true
  await grow(5)
  state.isFull = false
  await state.clock.advance(RETRY + 10)
  expect([state.range?.tip.height, state.kept.size]).toEqual([5, 5])
  await stop()
})
