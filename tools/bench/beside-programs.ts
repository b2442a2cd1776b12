import { type Emit, figure, median } from './measure.ts'
import type { PeerProgram } from './peer-program.ts'

const ROUNDS = 11
/** Seconds that one turn of ours or of a program takes, about. */
const TURN = 0.06

/** The same work of ours and of programs in other languages. */
export interface BesideComparison {
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  /** From the seconds of one to the figure. */
  readonly toFigure: (seconds: number) => number
  /** Does the work so many times. */
  readonly ours: (count: number) => void
  readonly programs: readonly {
    readonly program: PeerProgram
    readonly work: string
    readonly argument?: string
  }[]
}

/** Gives ours and the programs their turns, one after the other, and emits the medians. */
export async function besidePrograms(comparison: BesideComparison, emit: Emit): Promise<void> {
  const { name, unit, better, toFigure, ours, programs } = comparison
  const contenders = [
    (count: number): number => {
      const start = process.hrtime.bigint()
      ours(count)
      return Number(process.hrtime.bigint() - start) / 1e9 / count
    },
    ...programs.map(
      ({ program, work, argument }) =>
        (count: number) =>
          program.seconds(work, count, argument),
    ),
  ]
  const counts: number[] = []
  for (const run of contenders) counts.push(await countFor(run))
  const seconds: number[][] = contenders.map(() => [])
  for (let round = 0; round < ROUNDS; round++)
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (turn + round) % contenders.length
      seconds[index]!.push(await contenders[index]!(counts[index]!))
    }
  const figures = seconds.map((samples) => toFigure(median(samples)))
  programs.forEach(({ program }, index) =>
    emit(
      figure({
        name,
        unit,
        better,
        ours: figures[0]!,
        reference: figures[index + 1]!,
        referenceName: program.name,
      }),
    ),
  )
  if (programs.length === 0) emit(figure({ name, unit, better, ours: figures[0]! }))
}

/** How often the work is done in one turn; compilers settle meanwhile. */
async function countFor(run: (count: number) => number | Promise<number>): Promise<number> {
  for (let count = 1; ; ) {
    const seconds = await run(count)
    if (seconds * count >= TURN) return count
    count = Math.max(count + 1, Math.min(2 * count, Math.ceil(TURN / Math.max(seconds, 1e-9))))
  }
}
