import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { asBlockHash } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { type FilteredBlockItem, type FilteredBlocks, type KeyValueOperation, NodeError } from '../index.ts'
import { WatchState } from './watch-state.ts'
import { WatchWalk, type WatchWalkComponents } from './watch-walk.ts'

const SCRIPT = Uint8Array.of(0x51)
const position = { height: 7, hash: asBlockHash(new Uint8Array(32).fill(7)) }

/** One item, and then nothing for ever. */
function streamOf(signal: AbortSignal, ...items: FilteredBlockItem[]): FilteredBlocks {
  return {
    position,
    scripts: 1,
    add: () => undefined,
    remove: () => undefined,
    next: async () => {
      const value = items.shift()
      if (value !== undefined) return { done: false, value }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { done: true, value: undefined }
    },
    return: () => Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

it('what a full disk has refused is written when there is room, before the next block', async () => {
  const disk = { isFull: false, written: [] as readonly KeyValueOperation[] }
  const store = {
    write: (operations: readonly KeyValueOperation[]) => {
      if (disk.isFull) return Promise.reject(new NodeError('store-full', 'as asked'))
      disk.written = [...disk.written, ...operations]
      return Promise.resolve()
    },
  }
  const kept = { place: undefined, scripts: [], lookbacks: [], entries: [], own: [] }
  const state = new WatchState(kept, store, () => [])
  state.add([SCRIPT], 1, undefined)
  await state.save()
  const { signal, abort } = ((each) => ({ signal: each.signal, abort: () => each.abort() }))(
    new AbortController(),
  )
  const items: FilteredBlockItem[] = [{ type: 'passed', position }]
  const node = {
    chain: { isActive: () => true },
    filters: { follow: () => streamOf(signal, ...items.splice(0)) },
  } as unknown as WatchWalkComponents['node']
  const clock = createVirtualClock()
  const walk = new WatchWalk({ node, clock, state, onWait: () => undefined })
  disk.isFull = true
  disk.written = []
  await expect(walk.follow(signal)).rejects.toMatchObject({ code: 'store-full' })
  disk.isFull = false
  const following = walk.follow(signal)
  await clock.advance(1)
  expect(disk.written.map(({ key }) => key)).toEqual(['place'])
  abort()
  walk.wake()
  await following
})
