/** One figure of a benchmark: ours beside a reference measured in the same run. */
export interface Figure {
  readonly name: string
  readonly ours: number
  /** What `ours` and `reference` count, such as `MB/s` or `us`. */
  readonly unit: string
  /** The reference's figure; `null` where a figure stands alone. */
  readonly reference: number | null
  readonly referenceName: string | null
  /**
   * Above 1 when ours is the better of the two, whichever way the unit points; `null` without a reference.
   */
  readonly ratio: number | null
}

export type Emit = (figure: Figure) => void

/** What every `*.bench.ts` exports by default. */
export type Bench = (emit: Emit) => Promise<void>

interface Contender {
  readonly name: string
  /** Does the work once. What it returns is kept alive, so that the work cannot be optimised away. */
  readonly run: () => unknown
}

export interface Comparison {
  readonly name: string
  readonly unit: string
  /** From the median seconds of one run to the figure that is printed. */
  readonly toFigure: (seconds: number) => number
  readonly better: 'higher' | 'lower'
  readonly ours: Contender
  readonly references: readonly Contender[]
  /** How many times each contender has its turn. */
  readonly rounds?: number
  /** About how long one turn lasts, in milliseconds. */
  readonly turnMilliseconds?: number
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Makes a `Figure` of two measurements. */
export function figure(facts: {
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly ours: number
  readonly reference?: number
  readonly referenceName?: string
}): Figure {
  const { name, unit, ours } = facts
  if (facts.reference === undefined) {
    return {
      name,
      ours: round(ours),
      unit,
      reference: null,
      referenceName: facts.referenceName ?? null,
      ratio: null,
    }
  }
  const ratio = facts.better === 'higher' ? ours / facts.reference : facts.reference / ours
  return {
    name,
    ours: round(ours),
    unit,
    reference: round(facts.reference),
    referenceName: facts.referenceName ?? null,
    ratio: round(ratio),
  }
}

const round = (value: number): number => Number(value.toPrecision(4))

/** Holds on to what was computed last, so that computing it cannot be optimised away. */
const kept: { result?: unknown } = {}

/**
 * Gives every contender its turn in every round, in an order that rotates, and emits the median of ours
 * against each reference. Interleaving is what makes the ratio hold on a machine whose speed drifts.
 */
export async function compare(comparison: Comparison, emit: Emit): Promise<void> {
  const { ours, references, rounds = 11, turnMilliseconds = 40 } = comparison
  const contenders = [ours, ...references]
  const repeats: number[] = []
  for (const contender of contenders) repeats.push(await repeatsFor(contender, turnMilliseconds))
  const seconds: number[][] = contenders.map(() => [])
  for (let roundIndex = 0; roundIndex < rounds; roundIndex++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (turn + roundIndex) % contenders.length
      seconds[index]!.push(await timeTurn(contenders[index]!, repeats[index]!))
    }
  }
  const figures = seconds.map((samples) => comparison.toFigure(median(samples)))
  references.forEach((reference, index) => {
    emit(
      figure({
        name: comparison.name,
        unit: comparison.unit,
        better: comparison.better,
        ours: figures[0]!,
        reference: figures[index + 1]!,
        referenceName: reference.name,
      }),
    )
  })
  if (references.length === 0) {
    emit(
      figure({ name: comparison.name, unit: comparison.unit, better: comparison.better, ours: figures[0]! }),
    )
  }
}

async function timeTurn(contender: Contender, repeats: number): Promise<number> {
  const start = process.hrtime.bigint()
  for (let i = 0; i < repeats; i++) {
    const result = contender.run()
    kept.result = result instanceof Promise ? await result : result
  }
  return Number(process.hrtime.bigint() - start) / 1e9 / repeats
}

async function repeatsFor(contender: Contender, turnMilliseconds: number): Promise<number> {
  let repeats = 1
  // The warm-up doubles until one turn is long enough to be timed, which also lets the compiler settle.
  for (;;) {
    const seconds = await timeTurn(contender, repeats)
    if (seconds * repeats * 1000 >= turnMilliseconds) return repeats
    repeats = Math.max(
      repeats + 1,
      Math.min(repeats * 2, Math.ceil(turnMilliseconds / 1000 / Math.max(seconds, 1e-9))),
    )
  }
}
