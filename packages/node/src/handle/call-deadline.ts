import { type Clock, MINUTE, withDeadline } from '@sapwood/transport-v1v2/environment'
import { NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { someCallOptions } from './node-checks.ts'
import type { CallOptions } from './node-handle.ts'

/** Milliseconds that a call waits unless it says so. */
export const DEFAULT_CALL_TIMEOUT: number = MINUTE

/** Runs a call that waits for the network, with the deadline and the signal of its options. */
export type WithCallDeadline = <T>(
  options: CallOptions | undefined,
  task: (signal: AbortSignal) => Promise<T>,
) => Promise<T>

export function createCallDeadline(
  clock: Clock,
  defaultTimeout: number = DEFAULT_CALL_TIMEOUT,
): WithCallDeadline {
  return async (options = {}, task) => {
    refuseArgument(someCallOptions, options, 'options')
    const limit = options.timeout ?? defaultTimeout
    return withDeadline(clock, limit, task, {
      signal: options.signal,
      reason: () => new NodeError('timeout', `No answer within ${limit} ms`, { limit }),
    })
  }
}
