import { expect, it } from 'vitest'
import { isStreamName, isSubject, matchesSubject } from './subject-pattern.ts'

it.each([
  ['a.b.c', 'a.b.c', true],
  ['a.*.c', 'a.b.c', true],
  ['a.>', 'a.b.c', true],
  ['>', 'a', true],
  ['a.>', 'a', false],
  ['a.*', 'a.b.c', false],
  ['a.b.c.d', 'a.b.c', false],
  ['a.x.>', 'a.b.c', false],
])('a stream of %s has %s: %s', (pattern, subject, isMatch) => {
  expect(matchesSubject(pattern, subject)).toBe(isMatch)
})

it('tells names from what stands for several', () => {
  expect(['sapwood.main', 'a'].map(isSubject)).toEqual([true, true])
  expect(['', 'a..b', 'a.', 'a.*', '>', 'a b'].map(isSubject)).toEqual(Array.from('012345', () => false))
  expect(['crawl-main', 'a.b', 'a b', 'a/b', ''].map(isStreamName)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
})
