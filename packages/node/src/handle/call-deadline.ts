import { type Clock, MINUTE, withDeadline } from '@sapwood/transport-v1v2/environment'
import { NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { someCallOptions } from './node-checks.ts'
import type { CallOptions } from './node-handle.ts'
import type { NobodyThere } from './who-is-there.ts'

/** Milliseconds that a call waits unless it says so. */
export const DEFAULT_CALL_TIMEOUT: number = MINUTE

/** Runs a call that waits for the network, with the deadline and the signal of its options. */
export type WithCallDeadline = <T>(
  options: CallOptions | undefined,
  task: (signal: AbortSignal) => Promise<T>,
) => Promise<T>

/** @param whyNobody asked when a call has waited in vain: why there is no peer, where there is none. */
export function createCallDeadline(
  clock: Clock,
  whyNobody: () => NobodyThere | undefined,
  defaultTimeout: number = DEFAULT_CALL_TIMEOUT,
): WithCallDeadline {
  return async (options = {}, task) => {
    refuseArgument(someCallOptions, options, 'options')
    const limit = options.timeout ?? defaultTimeout
    return withDeadline(clock, limit, task, {
      signal: options.signal,
      reason: () => tooLate(limit, whyNobody()),
    })
  }
}

function tooLate(limit: number, nobody: NobodyThere | undefined): NodeError {
  const message = `No answer within ${limit} ms`
  if (nobody === undefined) return new NodeError('timeout', message, { limit })
  const { words, cause } = nobody
  return new NodeError('timeout', `${message}: no peer is connected; ${words}`, { limit, cause })
}
