import type { ArgumentCheck } from '@sapwood/wire-codec/arguments'
import { NodeError } from './node-error.ts'

/** @throws NodeError `invalid-argument` with a hint, where the check finds a fault. */
export function refuseArgument(check: ArgumentCheck, value: unknown, path: string): void {
  const fault = check(value, path)
  if (fault !== undefined) throw new NodeError('invalid-argument', fault, { detail: path })
}
