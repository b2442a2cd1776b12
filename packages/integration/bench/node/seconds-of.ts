import { median } from '../../../../tools/bench/measure.ts'

const ROUNDS = 3

/** Runs each of them in its turn, three times. @returns the median of the seconds that each has said. */
export async function secondsOf<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[]
  const taken = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) taken.get(name)!.push(await contenders[name]())
  }
  return Object.fromEntries(names.map((name) => [name, median(taken.get(name)!)])) as Record<Name, number>
}
