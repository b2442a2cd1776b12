import { systemClock } from '@sapwood/transport-v1v2/environment'
import type { ConformCase } from '../model/conform-case.ts'
import type { CaseResult, Report } from '../model/result.ts'
import type { Transport } from '../model/transport.ts'
import { skipped } from './run-case.ts'
import { runSteadily } from './stall-watch.ts'

/** Both, in the order in which they are gone through. */
export const TRANSPORTS: readonly Transport[] = ['v1', 'v2']

export interface RunOptions {
  /** Default: both. */
  readonly transports?: readonly Transport[]
  /** Told of each result as it comes. */
  readonly onResult?: (result: CaseResult) => void
  /** Ends the run: the case that is being run is given up, and the report has those before it. */
  readonly signal?: AbortSignal
}

/** What cases are run on. */
export interface CaseTarget<C extends ConformCase> {
  /** Why a case has nothing to look at in a transport; undefined where it has. */
  readonly lack: (each: C, transport: Transport) => string | undefined
  readonly run: (each: C, transport: Transport) => Promise<CaseResult>
  /** Asked after a case that failed: why no further one can be run; undefined where it can. */
  readonly absence?: (transport: Transport) => Promise<string | undefined>
}

const INTERRUPTED = 'it was interrupted'

/**
 * Which pass a case is of: what a driver has the target do, and a time that was brought forward, stay with
 * the target, and the other cases are to have it as it was. An index of blocks has time to be made until
 * those cases that are about it.
 */
function passOf({ needs = [] }: ConformCase): number {
  if (needs.includes('time')) return 4
  if (needs.includes('pay')) return 3
  if (needs.includes('mine')) return 2
  return needs.includes('compact-filters') || needs.includes('no-compact-filters') ? 1 : 0
}

/** Goes through the cases, one transport after the other; those about filters, and with a driver, last. */
export async function runCases<C extends ConformCase>(
  cases: readonly C[],
  { transports = TRANSPORTS, onResult, signal }: RunOptions,
  { lack, run, absence }: CaseTarget<C>,
): Promise<Pick<Report, 'results' | 'unfinished'>> {
  const results: CaseResult[] = []
  const inOrder = transports
    .flatMap((transport) => cases.map((each) => ({ each, transport, pass: passOf(each) })))
    .filter(({ each, transport }) => (each.transports ?? TRANSPORTS).includes(transport))
    .sort((a, b) => a.pass - b.pass)
  for (const { each, transport } of inOrder) {
    const why = lack(each, transport)
    let result: CaseResult
    try {
      signal?.throwIfAborted()
      result =
        why === undefined
          ? await runSteadily(systemClock, () => run(each, transport))
          : skipped(each, transport, why)
    } catch (error) {
      if (signal?.aborted === true) return { results, unfinished: INTERRUPTED }
      throw error
    }
    results.push(result)
    onResult?.(result)
    const gone = result.verdict === 'failed' ? await absence?.(transport) : undefined
    if (gone !== undefined)
      return { results, unfinished: `${gone} since ${each.name}, or the case before it` }
  }
  return { results }
}
