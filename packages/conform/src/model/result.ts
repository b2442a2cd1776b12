import type { ConformCase, Level } from './conform-case.ts'
import type { Transport } from './transport.ts'

/** How a case ended. */
export type Verdict =
  /** The outcome is among those that are right. */
  | 'passed'
  | 'failed'
  /** No text decides: the outcome is told. */
  | 'unspecified'
  /** The target offers nothing that the case could look at; `reason` says what. */
  | 'skipped'

/** What came of one case on one transport. */
export interface CaseResult {
  readonly name: string
  readonly level: Level
  readonly transport: Transport
  readonly verdict: Verdict
  /** What was seen, in a word; `no-answer` where what was waited for did not come. */
  readonly outcome: string
  readonly accepts: readonly string[]
  readonly source: { readonly place: string; readonly says: string }
  /** Why it was skipped, or what was expected and received. */
  readonly reason?: string
  /** What crossed the wire, for a case that failed. */
  readonly wireLog?: string
  /** Whether its failure is among the known ones that were given. */
  readonly known?: boolean
  /** It was skipped because the driver did not do what it had said that it can. */
  readonly driverFailed?: boolean
  readonly milliseconds: number
}

/** What came of all cases on one target. */
export interface Report {
  /** The version of this format. */
  readonly format: 1
  readonly suite: string
  /** The target's user agent. */
  readonly agent: string
  readonly side: ConformCase['side']
  /** What the run is called, beside its agent: programs that have the same one are told apart by it. */
  readonly label?: string
  readonly results: readonly CaseResult[]
  /** Why not all cases were run: it was interrupted, or the target was gone. Absent where all were. */
  readonly unfinished?: string
}

/** Whether a result is a failure that the exit code tells of. */
export function counts(result: CaseResult, strict: boolean): boolean {
  if (result.verdict !== 'failed' || result.known === true) return false
  return strict || result.level === 'must'
}
