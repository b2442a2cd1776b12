import { networks } from '@sapwood/wire-codec'
import { Stump } from '@sapwood/utreexo'
import { drawBelow } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { KeyValueNamespace, KeyValueStore } from '../store/key-value-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { isSameState, type UtreexoState } from './utreexo-state.ts'
import { KEPT_STATE_INTERVAL, RECENT_STATES, UtreexoStates } from './utreexo-states.ts'
import { UtreexoStore } from './utreexo-store.ts'

const { regtest, signet } = networks

/** The state after a block of a chain that is told apart by `salt`. */
function stateAt(height: number, salt = 0): UtreexoState {
  const hash = new Uint8Array(32)
  new DataView(hash.buffer).setUint32(0, height)
  hash[31] = salt
  const leaf = new Uint8Array(32).fill(salt + 1)
  return {
    height,
    hash: hash as UtreexoState['hash'],
    stump: new Stump(height % 2, height % 2 ? [leaf] : []),
  }
}

const heightsOf = (states: readonly UtreexoState[]): number[] => states.map(({ height }) => height)

describe('states that are kept', () => {
  it('are the last 288, one in 2,016 of those before, and where it all began', async () => {
    const states = new UtreexoStates([stateAt(7)])
    for (let height = 8; height <= 5_000; height++) states.add(stateAt(height))
    expect(states.base.height).toBe(7)
    expect(states.tip.height).toBe(5_000)
    expect(states.atOrBelow(4_711).height).toBe(2 * KEPT_STATE_INTERVAL)
    expect(states.atOrBelow(5_000 - RECENT_STATES + 1).height).toBe(5_000 - RECENT_STATES + 1)
    expect(states.atOrBelow(2_500).height).toBe(KEPT_STATE_INTERVAL)
    expect(states.atOrBelow(100).height).toBe(7)
    expect(states.atOrBelow(3).height).toBe(7)
    const store = new UtreexoStore(createMemoryStore(), regtest)
    await store.load()
    states.note(stateAt(7))
    await store.save(states)
    const { states: stored } = await store.load()
    expect(heightsOf(stored)).toHaveLength(3 + RECENT_STATES)
  })

  it('do not go back further than where it all began', () => {
    const states = new UtreexoStates([stateAt(7)])
    states.add(stateAt(8))
    states.rewind(0)
    expect(states.tip.height).toBe(7)
  })
})

/** A store whose process is killed at some write: that one is whole or not there at all, and none follows. */
function killedAt(store: KeyValueStore, write: number, isWhole: boolean): KeyValueStore {
  let left = write
  const dead = (): Promise<never> => new Promise<never>(() => undefined)
  return {
    namespace: (name) => {
      const space: KeyValueNamespace = store.namespace(name)
      return {
        ...space,
        batch: async (operations) => {
          left -= 1
          if (left < 0) return dead()
          if (left > 0 || isWhole) await space.batch(operations)
          if (left === 0) return dead()
        },
      }
    },
  }
}

describe('a store of states', () => {
  it('is never ahead of its mark, nor behind, whenever it is killed: 30 times, in the middle of reorgs too', async () => {
    const random = createSeededRandom('kills')
    const store = createMemoryStore()
    let survived = stateAt(0)
    let salt = 0
    for (let kill = 0; kill < 30; kill++) {
      const first = await new UtreexoStore(store, regtest).load()
      const states = new UtreexoStates(first.states.length > 0 ? first.states : [stateAt(0)])
      expect(first.dropped).toBe(0)
      expect(isSameState(states.tip, survived)).toBe(true)
      expect(heightsOf(first.states)).toEqual([...heightsOf(first.states)].sort((a, b) => a - b))
      if (first.states.length === 0) states.note(stateAt(0))
      const writes = 1 + drawBelow(random, 6)
      const isWhole = drawBelow(random, 2) === 1
      const dying = new UtreexoStore(killedAt(store, writes, isWhole), regtest)
      for (let write = 1; write <= writes; write++) {
        if (drawBelow(random, 3) === 0) {
          salt += 1
          states.rewind(Math.max(0, states.tip.height - drawBelow(random, 20)))
        }
        for (let more = 1 + drawBelow(random, 40); more > 0; more--)
          states.add(stateAt(states.tip.height + 1, salt % 256))
        if (write < writes || isWhole) survived = states.tip
        const saved = dying.save(states)
        if (write < writes) await saved
        else await new Promise((resolve) => setImmediate(resolve))
      }
    }
    expect(survived.height).toBeGreaterThan(100)
  })

  it('writes what failed with the next, but what has been taken back since', async () => {
    const store = createMemoryStore()
    let isFull = true
    const full: KeyValueStore = {
      namespace: (name) => {
        const space = store.namespace(name)
        return {
          ...space,
          batch: (all) => (isFull ? Promise.reject(new Error('full')) : space.batch(all)),
        }
      },
    }
    const own = new UtreexoStore(full, regtest)
    const states = new UtreexoStates([stateAt(0)])
    states.note(stateAt(0))
    for (let height = 1; height <= 10; height++) states.add(stateAt(height))
    await expect(own.save(states)).rejects.toThrow('full')
    states.rewind(5)
    states.add(stateAt(6, 9))
    isFull = false
    await own.save(states)
    await new UtreexoStore(store, regtest).load()
    const { states: stored } = await new UtreexoStore(store, regtest).load()
    expect(heightsOf(stored)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(isSameState(stored[6]!, stateAt(6, 9))).toBe(true)
  })

  it('drops what does not read back, and goes on from below', async () => {
    const store = createMemoryStore()
    const own = new UtreexoStore(store, regtest)
    await own.load()
    const states = new UtreexoStates([stateAt(0)])
    states.note(stateAt(0))
    for (let height = 1; height <= 3; height++) states.add(stateAt(height))
    await own.save(states)
    const space = store.namespace('utreexo')
    const value = (await space.get('state/00000003'))!.slice()
    value[10]! ^= 1
    await space.batch([{ type: 'put', key: 'state/00000003', value }])
    const { states: stored, dropped } = await own.load()
    expect([heightsOf(stored), dropped]).toEqual([[0, 1, 2], 1])
    expect((await own.load()).dropped).toBe(0)
  })

  it('of another network is refused', async () => {
    const store = createMemoryStore()
    await new UtreexoStore(store, regtest).load()
    await expect(new UtreexoStore(store, signet).load()).rejects.toMatchObject({ code: 'store-foreign' })
  })
})
