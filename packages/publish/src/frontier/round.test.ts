import { expect, it } from 'vitest'
import { isDue } from './round.ts'

const HOUR = 3_600_000

it.each([
  ['an hour ago', -HOUR, true],
  ['a moment less ago', 1 - HOUR, false],
  ['in the future of a clock that is a little behind', HOUR - 1, false],
  ['in a year, by a clock that was wrong', 8_760 * HOUR, true],
])('a round of an hour that began %s is over: %s', (_, ago, isOver) => {
  const now = 1_800_000_000_000
  expect(isDue({ number: 1, began: now + ago }, now, HOUR)).toBe(isOver)
})
