import { expect, it } from 'vitest'
import { together } from './support/assault-again.ts'
import type { Measured } from './support/judge.ts'

const calm: Measured = {
  peers: 10,
  struck: true,
  before: 200,
  worst: 250,
  medianPing: 2,
  worstPing: 30,
  loopDelay: 10,
  alone: 400,
  beside: 500,
  lost: [],
  newcomer: true,
  written: '',
}

it('several of one attack: the mean of the downloads, and the worst of all else', () => {
  const other: Partial<Measured> = {
    before: 100,
    worst: 160,
    worstPing: 170,
    alone: 500,
    beside: 520,
    lost: ['the honest outbound peer was lost'],
    newcomer: false,
    written: 'a warning',
  }
  const expected = { ...calm, ...other, alone: 450, beside: 510 }
  expect(together([calm, { ...calm, ...other }])).toEqual(expected)
  expect(together([{ ...calm, ...other }, calm])).toEqual(expected)
  expect(together([{ ...calm, death: 'SIGKILL' }, calm]).death).toBe('SIGKILL')
  expect(together([calm, { ...calm, struck: false }]).struck).toBe(false)
})
