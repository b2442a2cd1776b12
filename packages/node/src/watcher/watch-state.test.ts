import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import { asBlockHash, regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type FilterPosition } from '../index.ts'
import { WatchState } from './watch-state.ts'
import { WatchStore } from './watch-store.ts'

const SCRIPT = Uint8Array.of(0x51, 1)
const OTHER = Uint8Array.of(0x51, 2)
const random = createSeededRandom('watch-state')
const positionAt = (height: number): FilterPosition => ({ height, hash: asBlockHash(random.bytes(32)) })

async function begun(): Promise<{ readonly state: WatchState; readonly store: WatchStore }> {
  const store = new WatchStore(createMemoryStore().namespace('watcher'), regtest)
  const state = new WatchState(await store.load(), store, () => [])
  state.add([OTHER], 1, undefined)
  state.passed(positionAt(100))
  return { state, store }
}

it('writes as much at once as there is: more than a call has arguments', async () => {
  const { state, store } = await begun()
  const operations = Array.from({ length: 200_000 }, (_, index) => ({
    type: 'delete' as const,
    key: `script/${index}`,
  }))
  await state.save(operations)
  expect((await store.load()).place?.position?.height).toBe(100)
})

describe('what a watcher has to look back for, over a restart', () => {
  it('is still a script that was added again from further down while it was looked for', async () => {
    const { state, store } = await begun()
    state.add([SCRIPT], 50, positionAt(100))
    state.add([SCRIPT], 10, positionAt(100))
    state.endLookback(state.lookbacks[0]!)
    await state.save()
    expect((await store.load()).lookbacks).toEqual([{ id: 2, from: 10, scripts: [SCRIPT] }])
  })

  it('is still a script that was taken out and added again', async () => {
    const { state, store } = await begun()
    state.add([SCRIPT], 10, positionAt(100))
    state.ledger.unwatch([SCRIPT])
    state.add([SCRIPT], 10, positionAt(100))
    state.endLookback(state.lookbacks[0]!)
    await state.save()
    expect((await store.load()).lookbacks).toEqual([{ id: 2, from: 10, scripts: [SCRIPT] }])
    state.endLookback(state.lookbacks[0]!)
    await state.save()
    const { lookbacks, scripts } = await store.load()
    expect([lookbacks, scripts.find(({ script }) => script[1] === SCRIPT[1])?.from]).toEqual([[], 10])
  })
})
