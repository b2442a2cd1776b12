import { systemClock } from '@sapwood/transport-v1v2/environment'
import type { ConformCase } from '../model/conform-case.ts'
import type { CaseResult } from '../model/result.ts'
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
}

/**
 * Which pass a case is of: what a driver has the target do, and a time that was brought forward, stay with
 * the target, and the other cases are to have it as it was.
 */
function passOf({ needs = [] }: ConformCase): number {
  if (needs.includes('time')) return 3
  if (needs.includes('pay')) return 2
  return needs.includes('mine') ? 1 : 0
}

/**
 * Goes through the cases, one transport after the other; those that need a driver last.
 * @param lack why a case has nothing to look at in a transport; undefined where it has.
 */
export async function runCases<C extends ConformCase>(
  cases: readonly C[],
  { transports = TRANSPORTS, onResult }: RunOptions,
  lack: (each: C, transport: Transport) => string | undefined,
  run: (each: C, transport: Transport) => Promise<CaseResult>,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  const inOrder = transports
    .flatMap((transport) => cases.map((each) => ({ each, transport, pass: passOf(each) })))
    .filter(({ each, transport }) => (each.transports ?? TRANSPORTS).includes(transport))
    .sort((a, b) => a.pass - b.pass)
  for (const { each, transport } of inOrder) {
    const why = lack(each, transport)
    const result =
      why === undefined
        ? await runSteadily(systemClock, () => run(each, transport))
        : skipped(each, transport, why)
    results.push(result)
    onResult?.(result)
  }
  return results
}
