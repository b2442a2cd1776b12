import { expect, it } from 'vitest'
import { type Outcome, twoOfThree } from './support/two-of-three.ts'

it.each<{ outcomes: Outcome[]; held: boolean }>([
  { outcomes: ['held'], held: true },
  { outcomes: ['succeeded'], held: false },
  { outcomes: ['late', 'late'], held: false },
  { outcomes: ['late', 'succeeded'], held: false },
  { outcomes: ['late', 'held', 'late'], held: false },
  { outcomes: ['late', 'held', 'succeeded'], held: false },
  { outcomes: ['late', 'held', 'held'], held: true },
])('an attack that is $outcomes was held: $held', async ({ outcomes, held }) => {
  const left = outcomes.values()
  const firsts: boolean[] = []
  const attempt = (isFirst: boolean): Promise<Outcome> => {
    firsts.push(isFirst)
    return Promise.resolve(left.next().value!)
  }
  expect(await twoOfThree(attempt)).toBe(held)
  expect(firsts).toEqual(outcomes.map((_, index) => index === 0))
})
