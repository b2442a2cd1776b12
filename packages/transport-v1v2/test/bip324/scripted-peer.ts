import { concatBytes, defaultShortIds, regtest, type Contents } from '@sapwood/wire-codec'
import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { runtimeCrypto as cryptoBackend } from '../../src/crypto/crypto.node.ts'
import { createSeededRandom } from '../../src/testing/index.ts'
import { LengthCipher } from '../../src/v2/cipher/length-cipher.ts'
import { PacketCipher } from '../../src/v2/cipher/packet-cipher.ts'
import { createEphemeralKey } from '../../src/v2/keys/ephemeral-key.ts'
import { deriveSessionKeys, type SessionKeys } from '../../src/v2/keys/session-keys.ts'
import { V2Session, type V2SessionOptions } from '../../src/v2/v2-session.ts'

const random = createSeededRandom('scripted peer')
export const NOTHING: Uint8Array = new Uint8Array(0)

export function createTestSession(
  role: V2SessionOptions['role'],
  options: Partial<V2SessionOptions> = {},
  backend: CryptoBackend = cryptoBackend,
): V2Session {
  return new V2Session(
    {
      role,
      magic: regtest.magic,
      key: createEphemeralKey(cryptoBackend, random),
      garbage: NOTHING,
      shortIds: defaultShortIds,
      ...options,
    },
    backend,
    random,
  )
}

/** Everything that a session has to send. */
export function taken(session: V2Session): Uint8Array {
  return concatBytes(...session.outbox.take())
}

/** Brings two sessions to the end of their handshake, in chunks of `size` bytes. */
export function handshake(initiator: V2Session, responder: V2Session, size = 65_536): void {
  initiator.start()
  responder.start()
  for (let turn = 0; turn < 4; turn++) {
    deliver(taken(initiator), responder, size)
    deliver(taken(responder), initiator, size)
  }
}

/** Feeds bytes in chunks. @returns the messages that they completed. */
export function deliver(bytes: Uint8Array, to: V2Session, size = 65_536): Contents[] {
  const messages: Contents[] = []
  for (let offset = 0; offset < bytes.length; offset += size)
    to.receive(bytes.slice(offset, offset + size), messages)
  return messages
}

/** The other side of a session's handshake with every byte under the test's control. */
export interface ScriptedPeer {
  readonly keys: SessionKeys
  /** A packet with any header byte, contents and AAD, sealed at its turn. */
  seal(contents: Uint8Array, options?: { header?: number; aad?: Uint8Array; length?: number }): Uint8Array
}

/** Exchanges keys with `session`, which is left in the phase `garbage`. */
export function scriptedPeer(
  session: V2Session,
  role: 'initiator' | 'responder' = 'responder',
): ScriptedPeer {
  const key = createEphemeralKey(cryptoBackend, random)
  const encoding = key.encoding
  session.start()
  const theirs = taken(session).subarray(0, 64)
  const initiating = role === 'initiator'
  const keys = deriveSessionKeys(
    cryptoBackend,
    key.sharedSecret(theirs, initiating),
    regtest.magic,
    initiating,
  )
  session.receive(encoding, [])
  const lengths = new LengthCipher(cryptoBackend, keys.sendLength)
  const packets = new PacketCipher(cryptoBackend, keys.sendPacket)
  return {
    keys,
    seal: (contents, { header = 0, aad, length = contents.length } = {}) => {
      const encrypted = lengths.apply(length)
      const sealed = new Uint8Array(contents.length + 17)
      packets.sealInto(sealed, 0, aad, concatBytes(Uint8Array.of(header), contents))
      return concatBytes(Uint8Array.of(encrypted, encrypted >> 8, encrypted >> 16), sealed)
    },
  }
}
