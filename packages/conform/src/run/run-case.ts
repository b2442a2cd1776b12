import { isWireAssertionError, type TestPeer } from '@sapwood/integration/test-peer'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { isDriverError } from '../driver/driver.ts'
import type { ConformCase } from '../model/conform-case.ts'
import type { Transport } from '../model/transport.ts'
import type { CaseResult } from '../model/result.ts'
import { TargetError } from '../model/target-error.ts'

/** What stands for an outcome where what was waited for did not come. */
const NO_ANSWER = 'no-answer'
/** Where the program that was to dial has ended instead. */
const PROGRAM_ENDED = 'program ended'

/**
 * Runs one case, whatever becomes of it.
 * @param run the case's own function on its stage. @param peers those that it has opened, for the log.
 */
export async function runCase(
  each: ConformCase,
  transport: Transport,
  clock: Clock,
  run: () => Promise<string>,
  peers: readonly TestPeer[],
): Promise<CaseResult> {
  const began = clock.now()
  const { name, level, accepts, source } = each
  const result = (rest: Pick<CaseResult, 'verdict' | 'outcome'> & Partial<CaseResult>): CaseResult => ({
    name,
    level,
    transport,
    accepts,
    source,
    milliseconds: Math.round(clock.now() - began),
    ...rest,
  })
  let outcome: string
  let reason: string | undefined
  let wireLog: string | undefined
  try {
    outcome = await run()
  } catch (error) {
    if (isDriverError(error)) {
      const why = `the driver did not do it (${error.code}): ${error.message}`
      return { ...skipped(each, transport, why), driverFailed: true }
    }
    if (isWireAssertionError(error)) {
      outcome = NO_ANSWER
      reason = `expected ${error.expected as string}, received ${error.received}`
      wireLog = error.wireLog
    } else if (error instanceof TargetError) {
      outcome = PROGRAM_ENDED
      reason = error.message
    } else {
      // A fault of the suite's own is a failure of one case, and not the end of the run.
      outcome = 'fault of the suite'
      reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
  }
  if (accepts.length === 0) return result({ verdict: 'unspecified', outcome })
  if (accepts.includes(outcome)) return result({ verdict: 'passed', outcome })
  reason ??= `expected ${accepts.join(' or ')}, received ${outcome}`
  wireLog ??= peers.map((peer) => peer.log.tail()).join('\n')
  return result({ verdict: 'failed', outcome, reason, wireLog })
}

/** The result of a case that has nothing to look at. */
export function skipped(each: ConformCase, transport: Transport, reason: string): CaseResult {
  const { name, level, accepts, source } = each
  return { name, level, transport, accepts, source, verdict: 'skipped', outcome: '', reason, milliseconds: 0 }
}
