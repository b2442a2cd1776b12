import { findProgram, isIntegrationError } from '../../src/index.ts'
import { monotonicTime } from '../../src/programs/default-sleep.ts'
import type { Program, ProgramSpec } from '../../src/programs/find-program.ts'

export interface InteropOptions {
  /** Parts of the names of what to run. */
  readonly only: readonly string[]
  /** Leaves the programs' folders where they are. */
  readonly keep: boolean
  /** A program that is not there, and cannot be built, is no failure. */
  readonly skipMissing: boolean
  readonly say: (line: string) => void
}

/** One program of others, and what is done with it. */
export interface InteropCase {
  readonly name: string
  /** What it is, and how it is had where something can build it. */
  readonly program: ProgramSpec
  /** @returns what was seen. */
  readonly run: (program: Program, options: InteropOptions) => Promise<string>
}

/** Runs the cases one after the other, and says a line for each. @returns whether all of them passed. */
export async function runInteropCases(
  cases: readonly InteropCase[],
  options: InteropOptions,
): Promise<boolean> {
  let failed = 0
  let missing = 0
  const wanted = cases.filter(({ name }) => options.only.some((part) => name.includes(part)))
  for (const { name, program: spec, run } of wanted) {
    const started = monotonicTime()
    let outcome: string
    try {
      outcome = `OK      ${await run(await findProgram(spec, { onProgress: options.say }), options)}`
    } catch (error) {
      const isMissing = isIntegrationError(error) && error.code === 'program-not-found'
      if (isMissing && options.skipMissing) missing++
      else failed++
      outcome = isMissing ? `MISSING set ${String(spec.variable)}` : `FAILED  ${String(error)}`
    }
    options.say(`${name.padEnd(58)} ${outcome} (${Math.round((monotonicTime() - started) / 1_000)} s)`)
  }
  options.say(`${wanted.length - failed - missing} of ${wanted.length} passed`)
  return failed === 0 && wanted.length > 0
}
