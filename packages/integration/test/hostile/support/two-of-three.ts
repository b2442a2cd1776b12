/** Whether an attack was held, was held but for times, or succeeded. */
export type Outcome = 'held' | 'late' | 'succeeded'

/**
 * Tries an attack again that was held but for times, which a machine that others share may make on its own:
 * it has succeeded where it is so in two of three.
 * @returns whether it was held.
 */
export async function twoOfThree(attempt: (isFirst: boolean) => Promise<Outcome>): Promise<boolean> {
  const first = await attempt(true)
  if (first !== 'late') return first === 'held'
  return (await attempt(false)) === 'held' && (await attempt(false)) === 'held'
}
