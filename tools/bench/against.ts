import { type Figure, median } from './measure.ts'

/** What two states of the code did with one figure, over all rounds. */
export interface Row {
  readonly name: string
  readonly unit: string
  /** Medians. */
  readonly before: number
  readonly after: number
  /** Of `after` against `before`: above 1 where `after` is the better of the two. */
  readonly ratio: number
  /** By how much the rounds of one state differ among themselves, as a part: the larger of the two. */
  readonly noise: number
}

/** The figures of several rounds of two states. */
export class Rounds {
  readonly #figures = new Map<string, { readonly figure: Figure; readonly ours: Record<Side, number[]> }>()

  /** Each figure of a run once, though it is told for each reference. */
  add(side: Side, figures: readonly Figure[]): void {
    const told = new Set<string>()
    for (const figure of figures) {
      const key = `${figure.name} ${figure.unit}`
      if (told.has(key)) continue
      told.add(key)
      const known = this.#figures.get(key) ?? { figure, ours: { before: [], after: [] } }
      this.#figures.set(key, known)
      known.ours[side].push(figure.ours)
    }
  }

  /** Figures that both states have. */
  rows(): readonly Row[] {
    return [...this.#figures.values()]
      .filter(({ ours }) => ours.before.length > 0 && ours.after.length > 0)
      .map(({ figure: { name, unit }, ours }) => {
        const before = median(ours.before)
        const after = median(ours.after)
        const ratio = isRate(unit) ? after / before : before / after
        return { name, unit, before, after, ratio, noise: Math.max(spread(ours.before), spread(ours.after)) }
      })
  }
}

export type Side = 'before' | 'after'

/** In which order the two states have their turns: now the one first, now the other. */
export function turns(round: number): readonly Side[] {
  return round % 2 === 0 ? ['before', 'after'] : ['after', 'before']
}

/** Of what is counted by the second more is better; of seconds, bytes and the like less is. */
function isRate(unit: string): boolean {
  return unit.endsWith('/s')
}

/** Half of the distance between the middle half's ends, against the median. */
function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const quarter = Math.floor(sorted.length / 4)
  return (sorted[sorted.length - 1 - quarter]! - sorted[quarter]!) / 2 / median(sorted)
}
