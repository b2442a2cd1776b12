import { type ArgumentCheck, bytes } from './argument-check.ts'

const anyBytes = /* @__PURE__ */ bytes()

/** @throws TypeError with the hint, where the check finds a fault. */
export function requireArgument(check: ArgumentCheck, value: unknown, path: string): void {
  const fault = check(value, path)
  if (fault !== undefined) throw new TypeError(fault)
}

/**
 * Refuses what is no bytes: hex, most often.
 * @throws TypeError with a hint.
 */
export function requireBytes(value: unknown, path: string): void {
  // On the way of every hash: nothing is looked at that need not be.
  if (value instanceof Uint8Array) return
  requireArgument(anyBytes, value, path)
}
