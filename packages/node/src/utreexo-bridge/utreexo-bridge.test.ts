import { readFileSync } from 'node:fs'
import { blockHash, type BlockHash, bytesEqual, decodeBlock, hexToBytes, regtest } from '@sapwood/wire-codec'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BlockStreamItem, KeyValueStore, NodeHandle } from '../index.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { UtreexoBridge, UtreexoBridgeInfo } from './bridge-options.ts'
import { createUtreexoBridge } from './utreexo-bridge.ts'

interface LiveCase {
  readonly height: number
  readonly block: string
}
const vectors = new URL('../../../utreexo/test/vectors/uproof-live.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: LiveCase[] }
/** The captured blocks that follow each other from the first on. */
const blocks = cases
  .filter(({ height }, index) => height === index + 1)
  .map(({ height, block: hex }): Extract<BlockStreamItem, { readonly type: 'block' }> => {
    const block = decodeBlock(hexToBytes(hex))
    return { type: 'block', height, hash: blockHash(block.header), block, size: hex.length / 2 }
  })
const hashAt = (height: number): BlockHash | undefined =>
  height === 0 ? regtest.genesisHash : blocks[height - 1]?.hash
const heightOf = (hash: BlockHash): number | undefined => {
  for (let height = 0; height <= blocks.length; height++) if (bytesEqual(hashAt(height)!, hash)) return height
  return undefined
}

/** Where each reading of the chain began. */
let begun: number[]
let clock: VirtualClock
beforeEach(() => {
  begun = []
  clock = createVirtualClock()
})

/** A node that has all headers, and `delivered` blocks. */
function nodeWith(delivered: number): NodeHandle {
  return {
    chain: {
      tip: () => ({ height: blocks.length, hash: blocks.at(-1)!.hash }),
      hashAt,
      heightOf,
      isActive: (hash: BlockHash) => heightOf(hash) !== undefined,
      medianTimePast: () => 0,
    },
    blocks: {
      follow: async function* ({ from }: { from: number }, { signal }: { signal: AbortSignal }) {
        begun.push(from)
        yield* blocks.slice(from - 1, delivered)
        signal.throwIfAborted()
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      },
    },
    serving: { offer: () => ({ recheck: () => undefined, withdraw: () => undefined }) },
  } as unknown as NodeHandle
}

/** A store in memory that refuses its nth batch. */
function storeRefusing(nth: number): KeyValueStore {
  const inner = createMemoryStore()
  let batches = 0
  return {
    namespace: (name) => {
      const space = inner.namespace(name)
      return {
        get: (key) => space.get(key),
        entries: (range) => space.entries(range),
        batch: (operations) =>
          ++batches === nth ? Promise.reject(new Error('no room')) : space.batch(operations),
      }
    },
  }
}

const open = (store: KeyValueStore, delivered = blocks.length): Promise<UtreexoBridge> =>
  createUtreexoBridge(nodeWith(delivered), { store, clock }, { network: regtest })

/** What a bridge is at when it has nothing left to do: nothing here takes longer than a turn. */
async function connected(bridge: UtreexoBridge): Promise<UtreexoBridgeInfo> {
  await new Promise((resolve) => setImmediate(resolve))
  return bridge.info()
}

describe('a bridge whose blocks are written several at once', () => {
  it('goes back where the store refuses them, and on after a pause', async () => {
    await using whole = await open(createMemoryStore())
    await whole.waitForHeight(blocks.length)
    const store = storeRefusing(6)
    await using bridge = await open(store)
    // The pause after the refusal is the only timer that there is.
    while (clock.pendingTimers === 0) await Promise.resolve()
    const { tip } = bridge.info()
    expect(tip.height).toBe(80)
    const done = bridge.waitForHeight(blocks.length)
    await clock.advance(5_000)
    await done
    expect(begun.slice(-2)).toEqual([1, 80])
    expect(bridge.stump().equals(whole.stump())).toBe(true)
    expect(bridge.info().liveLeaves).toBe(whole.info().liveLeaves)
  })

  it('writes what somebody waits for, though the blocks after it do not come', async () => {
    await using bridge = await open(createMemoryStore(), 103)
    await bridge.waitForHeight(50)
    await bridge.waitForHeight(103)
    expect(bridge.info().tip.height).toBe(103)
  })

  it('has all of them written when it has stopped', async () => {
    const store = createMemoryStore()
    const bridge = await open(store, 103)
    const { liveLeaves } = await connected(bridge)
    expect(bridge.info().tip.height).toBe(96)
    await bridge.stop()
    await using again = await open(store, 0)
    expect(again.info().tip).toEqual({ height: 103, hash: hashAt(103) })
    expect(again.stump().equals(bridge.stump())).toBe(true)
    expect(again.info().liveLeaves).toBe(liveLeaves)
  })
})
