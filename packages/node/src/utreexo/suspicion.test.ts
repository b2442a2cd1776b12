import { Stump } from '@sapwood/utreexo'
import { asBlockHash } from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import { expect, it } from 'vitest'
import { Suspicion } from './suspicion.ts'
import type { UtreexoState } from './utreexo-state.ts'

const peer = (id: number): PeerId => peerId(id)
/** The state after a block; another one, where `root` differs. */
const at = (height: number, root = 1): UtreexoState => ({
  height,
  hash: asBlockHash(new Uint8Array(32).fill(height)),
  stump: height === 0 ? new Stump() : new Stump(1, [new Uint8Array(32).fill(root)]),
})

/** All from `from` up to `to` are proved. @returns who was found out on the way. */
function prove(suspicion: Suspicion, from: number, to: number, root = 1): PeerId[] {
  const guilty: PeerId[] = []
  for (let height = from; height <= to; height++) guilty.push(...suspicion.proved(at(height, root), 1))
  return guilty
}

it('goes back further each time, asks the doubted last, and blames each for what failed on its own state', () => {
  const suspicion = new Suspicion(at(0))
  prove(suspicion, 1, 100)
  expect(suspicion.judge(at(100), [peer(1), peer(2)])).toEqual({ type: 'back', height: 94 })
  expect([...suspicion.doubted]).toEqual([1, 2])
  expect(prove(suspicion, 95, 97)).toEqual([])
  expect(suspicion.judge(at(97), [peer(3), peer(4)])).toEqual({ type: 'back', height: 61 })
  expect([...suspicion.doubted]).toEqual([1, 2, 3, 4])
  expect(prove(suspicion, 62, 96)).toEqual([])
  expect(prove(suspicion, 97, 97)).toEqual([3, 4])
  expect([...suspicion.doubted]).toEqual([1, 2, 3, 4])
  expect(prove(suspicion, 98, 100)).toEqual([1, 2])
  expect(suspicion.doubted.size).toBe(0)
  // It has come out the same: whose proofs fail on it now is wrong.
  expect(suspicion.judge(at(100), [peer(5), peer(6)])).toEqual({ type: 'peers' })
})

it('blames nobody where the state comes out another one', () => {
  const suspicion = new Suspicion(at(0))
  prove(suspicion, 1, 100)
  expect(suspicion.judge(at(100), [peer(1), peer(2)])).toEqual({ type: 'back', height: 94 })
  expect(prove(suspicion, 95, 100, 2)).toEqual([])
  expect(suspicion.doubted.size).toBe(0)
})

it('begins with a few blocks again once one has been proved without any doubt', () => {
  const suspicion = new Suspicion(at(0))
  prove(suspicion, 1, 100)
  suspicion.judge(at(100), [peer(1), peer(2)])
  prove(suspicion, 95, 101)
  expect(suspicion.judge(at(101), [peer(3), peer(4)])).toEqual({ type: 'back', height: 95 })
})
