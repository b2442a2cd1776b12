import { asBlockHash, type BlockHash, regtest } from '@sapwood/wire-codec'
import type { ChainEntry } from '@sapwood/node'
import { describe, expect, it } from 'vitest'
import { answerTo, type BlockAnswer } from './block-rules.ts'

const DAY = 86_400
const hashOf = (height: number, branch = 0): BlockHash =>
  asBlockHash(
    new Uint8Array(32)
      .fill(branch)
      .fill(height & 0xff, 0, 1)
      .fill(height >> 8, 1, 2),
  )

/** A chain of 1,000 blocks of ten minutes each, and the header of a branch that left it. */
function chainWith(stale?: { readonly height: number; readonly time: number }) {
  const entry = (height: number, branch = 0, time = height * 600): ChainEntry => ({
    height,
    hash: hashOf(height, branch),
    header: { ...regtest.genesis, time, previousBlockHash: hashOf(height - 1) },
    work: BigInt(2 * (height + 1)),
  })
  return {
    tip: () => entry(1_000),
    hashAt: (height: number) => hashOf(height),
    isActive: (hash: BlockHash) => hash[31] === 0,
    get: (hash: BlockHash) => {
      const height = hash[0]! + 256 * hash[1]!
      if (hash[31] === 0) return height > 1_000 ? undefined : entry(height)
      return stale && entry(stale.height, 1, stale.time)
    },
  }
}
const facts = { servesAll: true, isOverTarget: false, targetSpacing: 600 }

describe('who asks for a block', () => {
  it.each<[string, number, Partial<typeof facts>, BlockAnswer]>([
    ['gets an old one', 1, {}, 'serve'],
    ['is not told of one that nobody knows', 1_001, {}, 'unknown'],
    ['gets what a pruned node still has', 710, { servesAll: false }, 'serve'],
    ['goes where it asks a pruned node for more', 709, { servesAll: false }, 'too-old'],
    ['gets one of the last week all the same', 1, { isOverTarget: true }, 'serve'],
  ])('%s', (_, height, given, answer) => {
    expect(answerTo(hashOf(height), chainWith(), { ...facts, ...given })).toBe(answer)
  })

  it('goes for an old one where the target of the day is met', () => {
    const chain = chainWith()
    const late = { ...chain.tip(), header: { ...chain.tip().header, time: 1_000 * 600 + 8 * DAY } }
    const later = { ...chain, tip: () => late }
    expect(answerTo(hashOf(1), later, { ...facts, isOverTarget: true })).toBe('over-target')
    expect(answerTo(hashOf(1), later, facts)).toBe('serve')
  })

  it.each([
    ['of this month', 990, 1_000 * 600 - 29 * DAY, 'serve'],
    ['of last month', 990, 1_000 * 600 - 31 * DAY, 'unknown'],
    ['that a month of work has passed by', 1_000 - 30 * 144, 1_000 * 600, 'unknown'],
  ] as const)('is given a block of a branch that was left %s: %i', (_, height, time, answer) => {
    const chain = chainWith({ height, time })
    expect(answerTo(hashOf(1, 1), chain, facts)).toBe(answer)
  })
})
