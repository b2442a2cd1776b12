import type { ArgumentCheck } from '@sapwood/wire-codec/arguments'
import { PublishError } from './publish-error.ts'

/** @throws PublishError `invalid-argument` with a hint, where the check finds a fault. */
export function refuseArgument(check: ArgumentCheck, value: unknown, path: string): void {
  const fault = check(value, path)
  if (fault !== undefined) throw new PublishError('invalid-argument', fault)
}
