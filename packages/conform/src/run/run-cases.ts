import type { ConformCase } from '../model/conform-case.ts'
import type { CaseResult } from '../model/result.ts'
import type { Transport } from '../model/transport.ts'
import { skipped } from './run-case.ts'

/** Both, in the order in which they are gone through. */
export const TRANSPORTS: readonly Transport[] = ['v1', 'v2']

export interface RunOptions {
  /** Default: both. */
  readonly transports?: readonly Transport[]
  /** Told of each result as it comes. */
  readonly onResult?: (result: CaseResult) => void
}

/**
 * Goes through the cases, one transport after the other.
 * @param lack why a case has nothing to look at in a transport; undefined where it has.
 */
export async function runCases<C extends ConformCase>(
  cases: readonly C[],
  { transports = TRANSPORTS, onResult }: RunOptions,
  lack: (each: C, transport: Transport) => string | undefined,
  run: (each: C, transport: Transport) => Promise<CaseResult>,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for (const transport of transports) {
    for (const each of cases) {
      if (!(each.transports ?? TRANSPORTS).includes(transport)) continue
      const why = lack(each, transport)
      const result = why === undefined ? await run(each, transport) : skipped(each, transport, why)
      results.push(result)
      onResult?.(result)
    }
  }
  return results
}
