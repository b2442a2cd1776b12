import type { BlockHash } from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import { describe, expect, it } from 'vitest'
import { mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, NOON } from '../../test/support/peer-ids.ts'
import { ChainSyncGuard, MAX_EXCUSED_PEERS } from './chain-sync-guard.ts'
import { StorableHeaderChain } from './header-chain.ts'
import type { ChainEntry } from './chain-entry.ts'

const MINUTE = 60_000
const chain = new StorableHeaderChain({ network: regtest })
chain.accept(mineHeaders(regtest.genesis, 30), NOON)
const at = (height: number): ChainEntry => chain.get(chain.hashAt(height)!)!
const fine = { type: 'fine' }
const previous = (height: number): BlockHash => at(height).header.previousBlockHash

function watching(peer: PeerId = alice): ChainSyncGuard {
  const guard = new ChainSyncGuard()
  guard.add(peer, 'required')
  return guard
}

describe('a peer whose chain has less work than ours', () => {
  it('has 20 minutes, is then asked, and has two more', () => {
    const guard = watching()
    expect(guard.judge(alice, at(5), at(10), NOON)).toEqual(fine)
    expect(guard.judge(alice, at(5), at(10), after(20 * MINUTE))).toEqual(fine)
    expect(guard.judge(alice, at(5), at(10), after(20 * MINUTE + 1))).toEqual({
      type: 'ask',
      from: previous(10),
    })
    expect(guard.judge(alice, at(5), at(10), after(22 * MINUTE + 1))).toEqual(fine)
    expect(guard.judge(alice, at(5), at(10), after(22 * MINUTE + 2))).toEqual({ type: 'let-go' })
  })

  it('that shows nothing at all is treated alike', () => {
    const guard = watching()
    guard.judge(alice, undefined, at(10), NOON)
    expect(guard.judge(alice, undefined, at(10), after(21 * MINUTE))).toMatchObject({ type: 'ask' })
    expect(guard.judge(alice, undefined, at(10), after(24 * MINUTE))).toEqual({ type: 'let-go' })
  })

  it('is fine when it catches up in time, also after it was asked', () => {
    const guard = watching()
    guard.judge(alice, at(5), at(10), NOON)
    guard.judge(alice, at(5), at(10), after(21 * MINUTE))
    expect(guard.judge(alice, at(10), at(10), after(22 * MINUTE))).toEqual(fine)
    expect(guard.judge(alice, at(10), at(11), after(60 * MINUTE))).toEqual(fine)
    expect(guard.judge(alice, at(10), at(11), after(79 * MINUTE))).toEqual(fine)
  })

  it('has as long again once it has reached what we had, though we have more by now', () => {
    const guard = watching()
    guard.judge(alice, at(5), at(10), NOON)
    expect(guard.judge(alice, at(10), at(20), after(19 * MINUTE))).toEqual(fine)
    expect(guard.judge(alice, at(10), at(20), after(38 * MINUTE))).toEqual(fine)
    expect(guard.judge(alice, at(10), at(20), after(40 * MINUTE))).toMatchObject({
      type: 'ask',
      from: previous(20),
    })
  })

  it('is judged by the tip of when its time began: a tip that moves on gives it no more time', () => {
    const guard = watching()
    guard.judge(alice, at(5), at(10), NOON)
    expect(guard.judge(alice, at(6), at(20), after(21 * MINUTE))).toEqual({ type: 'ask', from: previous(10) })
  })

  it('is let be where it owes us nothing', () => {
    const guard = new ChainSyncGuard()
    guard.add(alice, 'exempt')
    for (const minutes of [0, 30, 60]) {
      expect(guard.judge(alice, at(5), at(10), after(minutes * MINUTE))).toEqual(fine)
      expect(guard.judge(bob, at(5), at(10), after(minutes * MINUTE))).toEqual(fine)
    }
  })
})

describe('four peers of full relay that showed a good chain', () => {
  const ids = Array.from({ length: MAX_EXCUSED_PEERS + 1 }, (_, index) => peerId(index + 1))

  function excusing(): ChainSyncGuard {
    const guard = new ChainSyncGuard()
    for (const id of ids) {
      guard.add(id, 'excusable')
      guard.showed(id, at(10), at(10))
    }
    return guard
  }

  it('are excused for good, and a fifth is not', () => {
    const guard = excusing()
    expect(ids.map((id) => guard.isExcused(id))).toEqual([true, true, true, true, false])
    for (const id of ids) guard.judge(id, at(10), at(30), NOON)
    expect(ids.map((id) => guard.judge(id, at(10), at(30), after(21 * MINUTE)).type)).toEqual([
      'fine',
      'fine',
      'fine',
      'fine',
      'ask',
    ])
  })

  it('leave their place to another when they go', () => {
    const guard = excusing()
    guard.remove(ids[0]!)
    guard.showed(ids[4]!, at(10), at(10))
    expect(guard.isExcused(ids[4]!)).toBe(true)
  })

  it('are none that showed less than we have, nor of another kind', () => {
    const guard = new ChainSyncGuard()
    guard.add(alice, 'excusable')
    guard.add(bob, 'required')
    guard.showed(alice, at(9), at(10))
    guard.showed(alice, undefined, at(10))
    guard.showed(bob, at(10), at(10))
    expect([guard.isExcused(alice), guard.isExcused(bob)]).toEqual([false, false])
  })
})
