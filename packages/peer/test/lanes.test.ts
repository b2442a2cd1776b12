import {
  createMemoryBudget,
  type LaneKind,
  type TurnScheduler,
  unhurriedScheduler,
} from '@sapwood/transport-v1v2/environment'
import { expect, it } from 'vitest'
import { ScriptedRemote } from './support/scripted-remote.ts'

it.each([
  { rank: 'inbound', lanes: ['stranger'] },
  { rank: 'outbound', lanes: ['own'] },
  { rank: undefined, lanes: ['own'] },
] as const)('works and serves in lanes of $lanes for a remote of rank $rank', ({ rank, lanes }) => {
  const kinds = new Set<LaneKind | undefined>()
  const scheduler: TurnScheduler = {
    lane: (kind) => {
      kinds.add(kind)
      return unhurriedScheduler.lane()
    },
    forStrangers: (work) => work(),
    strangersPause: 0,
    waiting: 0,
  }
  const memory = rank === undefined ? undefined : createMemoryBudget().open({ rank })
  new ScriptedRemote({ components: { scheduler, ...(memory !== undefined && { memory }) } })
  expect([...kinds]).toEqual(lanes)
})
