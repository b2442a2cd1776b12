import { describe, expect, it } from 'vitest'
import { Rounds, turns } from './against.ts'
import type { Figure } from './measure.ts'

const told = (name: string, unit: string, ours: number, referenceName: string | null = null): Figure => ({
  name,
  unit,
  ours,
  reference: null,
  referenceName,
  ratio: null,
})

describe('two states of the code, measured in turn', () => {
  it('begins each round with the other', () => {
    expect([0, 1, 2].map(turns)).toEqual([
      ['before', 'after'],
      ['after', 'before'],
      ['before', 'after'],
    ])
  })

  it('tells the ratio of the medians, above 1 where it has become better, and how far the rounds differ', () => {
    const rounds = new Rounds()
    for (const ours of [100, 10, 104, 96, 1_000]) rounds.add('before', [told('pipe', 'MB/s', ours)])
    for (const ours of [200, 200, 200, 200, 200]) rounds.add('after', [told('pipe', 'MB/s', ours)])
    for (const side of ['before', 'after'] as const) {
      rounds.add(side, [told('connection', 'KiB', side === 'before' ? 30 : 20)])
    }
    expect(rounds.rows()).toEqual([
      { name: 'pipe', unit: 'MB/s', before: 100, after: 200, ratio: 2, noise: 0.04 },
      { name: 'connection', unit: 'KiB', before: 30, after: 20, ratio: 1.5, noise: 0 },
    ])
  })

  it('counts a figure once, however many references it is told beside, and leaves out what one side lacks', () => {
    const rounds = new Rounds()
    rounds.add('before', [told('pipe', 'MB/s', 1, 'noble'), told('pipe', 'MB/s', 1, 'node:crypto')])
    rounds.add('before', [told('pipe', 'MB/s', 3)])
    rounds.add('after', [told('pipe', 'MB/s', 2), told('new', 'ms', 1)])
    expect(rounds.rows()).toMatchObject([{ name: 'pipe', before: 2, after: 2 }])
  })
})
