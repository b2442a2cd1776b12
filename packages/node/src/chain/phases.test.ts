import { describe, expect, it } from 'vitest'
import { type PhaseName, phases, type PhaseView } from './phases.ts'

const view = (changes: Partial<PhaseView> = {}): PhaseView => ({
  headerPeers: 1,
  headersCaughtUp: true,
  blocksBehind: 0,
  ...changes,
})

describe('the phases', () => {
  it.each<[PhaseName, Partial<PhaseView>, PhaseName]>([
    ['choosing-chain', { headerPeers: 0 }, 'choosing-chain'],
    ['choosing-chain', { headersCaughtUp: false }, 'choosing-chain'],
    ['choosing-chain', {}, 'running'],
    ['choosing-chain', { blocksBehind: 145 }, 'syncing'],
    ['syncing', { blocksBehind: 1 }, 'syncing'],
    ['syncing', {}, 'running'],
    ['running', { blocksBehind: 144 }, 'running'],
    ['running', { blocksBehind: 145 }, 'syncing'],
    ['running', { headerPeers: 0 }, 'running'],
  ])('from %s with %j lead to %s', (from, changes, to) => {
    expect(phases[from].next(view(changes))).toBe(to)
  })

  it('are known by their own names', () => {
    for (const [name, phase] of Object.entries(phases)) expect(phase.name).toBe(name)
  })
})
