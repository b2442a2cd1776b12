import { defaultShortIds } from '@sapwood/wire-codec'
import type { CryptoBackend } from '../crypto/backend.ts'
import { cryptoBackend } from '../crypto/backend-in-force.ts'
import { systemRandom } from '../environment/default-random.ts'
import type { Random } from '../environment/random.ts'
import { createEphemeralKey } from './keys/ephemeral-key.ts'
import { V2Session, type V2SessionOptions } from './v2-session.ts'

export type { V2Phase, V2Session, V2SessionOptions } from './v2-session.ts'

/** What a session is made of; what is left out is made or taken from BIP324. */
export type V2SessionInit = Pick<V2SessionOptions, 'role' | 'magic'> & Partial<V2SessionOptions>

/**
 * BIP324's protocol for one side of one connection, without any I/O, for those who bring their own: `start`,
 * then each received chunk to `receive` and what is in `outbox` to the remote. A key of its own and no
 * garbage unless given.
 */
export function createV2Session(
  init: V2SessionInit,
  components: { readonly crypto?: CryptoBackend; readonly random?: Random } = {},
): V2Session {
  const { crypto: backend = cryptoBackend(), random = systemRandom } = components
  const {
    key = createEphemeralKey(backend, random),
    garbage = new Uint8Array(0),
    shortIds = defaultShortIds,
  } = init
  return new V2Session({ ...init, key, garbage, shortIds }, backend, random)
}
