import { sha256 } from '@noble/hashes/sha2.js'
import type { RuntimeSha256 } from './sha256-backend.ts'

/** SHA-256 in JavaScript, for any runtime. */
export const runtimeSha256: RuntimeSha256 = {
  name: 'noble',
  fasterFrom: undefined,
  sha256: (bytes) => sha256(bytes),
  sha256d: (bytes) => sha256(sha256(bytes)),
  sha256dInto: (bytes, target, offset) => target.set(sha256(sha256(bytes)), offset),
}
