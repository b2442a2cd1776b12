import { defaultShortIds, regtest, type Contents } from '@sapwood/wire-codec'
import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { systemRandom } from '../../src/environment/default-random.ts'
import { createEphemeralKey, type EphemeralKey } from '../../src/v2/keys/ephemeral-key.ts'
import type { Shaping } from '../../src/v2/shaping/shaping.ts'
import { V2Session } from '../../src/v2/v2-session.ts'

export interface PairOptions {
  readonly garbageLength?: number
  readonly keys?: () => EphemeralKey
  readonly shaping?: Shaping
}

/** Two sessions that have completed their handshake. */
export function sessionPair(
  backend: CryptoBackend,
  options: PairOptions = {},
): readonly [V2Session, V2Session] {
  const create = (role: 'initiator' | 'responder'): V2Session =>
    new V2Session(
      {
        role,
        magic: regtest.magic,
        key: options.keys?.() ?? createEphemeralKey(backend, systemRandom),
        garbage: systemRandom.bytes(options.garbageLength ?? 0),
        shortIds: defaultShortIds,
        shaping: options.shaping,
      },
      backend,
      systemRandom,
    )
  const initiator = create('initiator')
  const responder = create('responder')
  initiator.start()
  responder.start()
  while (initiator.outbox.length > 0 || responder.outbox.length > 0) {
    forward(initiator, responder)
    forward(responder, initiator)
  }
  if (initiator.phase !== 'application' || responder.phase !== 'application') throw new Error('no handshake')
  return [initiator, responder]
}

export function forward(from: V2Session, to: V2Session): Contents[] {
  const messages: Contents[] = []
  for (const part of from.outbox.take()) to.receive(part, messages)
  return messages
}
