import type { ArgumentCheck } from '@sapwood/wire-codec/arguments'
import { ProxyError } from './proxy-error.ts'

/** @throws ProxyError `invalid-options` with a hint, where the check finds a fault. */
export function refuseArgument(check: ArgumentCheck, value: unknown, path: string): void {
  const fault = check(value, path)
  if (fault !== undefined) throw new ProxyError('invalid-options', fault)
}
