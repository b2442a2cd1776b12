import type { ArgumentCheck } from '@sapwood/wire-codec/arguments'
import { PeerError } from './peer-error.ts'

/** @throws PeerError `invalid-argument` with a hint, where the check finds a fault. */
export function refuseArgument(check: ArgumentCheck, value: unknown, path: string): void {
  const fault = check(value, path)
  if (fault !== undefined) throw new PeerError('invalid-argument', fault)
}
