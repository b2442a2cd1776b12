/** A part of the check. */
export interface Step {
  readonly name: string
  /** Names of those that it needs: it begins when they have passed. */
  readonly after?: readonly string[]
}

/** What came of a step: one whose needs have not passed is not run. */
export type Outcome = 'passed' | 'failed' | 'not run'

/**
 * Runs steps, at most so many at a time; of those that may begin, the first in the list.
 * @returns what came of each, in the order in which that was known.
 * @throws Error where a step needs one that there is not, or that needs it.
 */
export async function runSteps<T extends Step>(
  steps: readonly T[],
  atOnce: number,
  run: (step: T) => Promise<boolean>,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const running = new Set<Promise<void>>()
  let waiting = [...steps]
  while (waiting.length > 0) {
    const needs = ({ after = [] }: T): (Outcome | undefined)[] => after.map((name) => outcomes.get(name))
    const lost = waiting.filter((step) => needs(step).some((one) => one === 'failed' || one === 'not run'))
    for (const { name } of lost) outcomes.set(name, 'not run')
    waiting = waiting.filter((step) => !lost.includes(step))
    const next = waiting.find((step) => needs(step).every((one) => one === 'passed'))
    if (next !== undefined && running.size < atOnce) {
      waiting = waiting.filter((step) => step !== next)
      const one: Promise<void> = run(next).then((passed) => {
        outcomes.set(next.name, passed ? 'passed' : 'failed')
        running.delete(one)
      })
      running.add(one)
    } else if (running.size > 0) await Promise.race(running)
    else if (lost.length === 0) throw new Error(`never begins: ${waiting.map(({ name }) => name).join(', ')}`)
  }
  await Promise.all(running)
  return outcomes
}
