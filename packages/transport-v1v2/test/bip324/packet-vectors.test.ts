import { bytesToHex, concatBytes, hexToBytes } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { Outbox } from '../../src/framing/outbox.ts'
import { PayloadLimits } from '../../src/framing/payload-limits.ts'
import { PortionReader } from '../../src/framing/portion-reader.ts'
import { decodeEllSwift } from '../../src/crypto/ellswift/decode.ts'
import { ephemeralKey } from '../../src/v2/keys/ephemeral-key.ts'
import { deriveSessionKeys } from '../../src/v2/keys/session-keys.ts'
import {
  GarbageAad,
  HEADER_LENGTH,
  MAX_CONTENTS_LENGTH,
  PacketOpener,
  PacketSealer,
} from '../../src/v2/packet-codec.ts'
import { backends } from './backends.ts'
import { readCoreVectors, readVectors } from './csv.ts'

/** The BIP's vectors are for mainnet. */
const MAGIC = hexToBytes('f9beb4d9')
const NOTHING = new Uint8Array(0)

describe.each(backends)('packets with the $name backend', (backend) => {
  const rows = [...readVectors('packet_encoding_test_vectors.csv'), ...readCoreVectors()]

  it.each(rows)('packet $in_idx of $in_multiply times $in_contents.length', (row) => {
    const bytes = (column: string): Uint8Array => hexToBytes(row[column] ?? '')
    const initiating = row['in_initiating'] === '1'
    const secret = backend.createSecretKey(bytes('in_priv_ours'))!
    const theirs = bytes('in_ellswift_theirs')
    if (row['mid_x_ours'] !== undefined) {
      expect(bytesToHex(secret.x)).toBe(row['mid_x_ours'])
      expect(bytesToHex(decodeEllSwift(bytes('in_ellswift_ours')))).toBe(row['mid_x_ours'])
      expect(bytesToHex(decodeEllSwift(theirs))).toBe(row['mid_x_theirs'])
      expect(bytesToHex(secret.sharedX(theirs))).toBe(row['mid_x_shared'])
    }

    const key = ephemeralKey(backend, secret, bytes('in_ellswift_ours'))
    const shared = key.sharedSecret(theirs, initiating)
    if (row['mid_shared_secret'] !== undefined) expect(bytesToHex(shared)).toBe(row['mid_shared_secret'])
    const keys = deriveSessionKeys(backend, shared, MAGIC, initiating)
    expect(bytesToHex(keys.sendGarbageTerminator)).toBe(row['mid_send_garbage_terminator'])
    expect(bytesToHex(keys.receiveGarbageTerminator)).toBe(row['mid_recv_garbage_terminator'])
    expect(bytesToHex(keys.sessionId)).toBe(row['out_session_id'])
    if (row['mid_initiator_l'] !== undefined) {
      expect(bytesToHex(initiating ? keys.sendLength : keys.receiveLength)).toBe(row['mid_initiator_l'])
      expect(bytesToHex(initiating ? keys.sendPacket : keys.receivePacket)).toBe(row['mid_initiator_p'])
      expect(bytesToHex(initiating ? keys.receiveLength : keys.sendLength)).toBe(row['mid_responder_l'])
      expect(bytesToHex(initiating ? keys.receivePacket : keys.sendPacket)).toBe(row['mid_responder_p'])
    }

    const outbox = new Outbox()
    const sealer = new PacketSealer(backend, keys.sendLength, keys.sendPacket, outbox)
    const reader = new PortionReader()
    // What was sealed is opened with the same keys: what the remote does.
    const opener = new PacketOpener(backend, keys.sendLength, keys.sendPacket, reader, new PayloadLimits())
    for (let index = 0; index < Number(row['in_idx']); index++) sealer.seal(NOTHING, NOTHING)
    reader.feed(concatBytes(...outbox.take()))
    for (let index = 0; index < Number(row['in_idx']); index++)
      expect(opener.next('application')).toHaveLength(HEADER_LENGTH)

    const contents = hexToBytes((row['in_contents'] ?? '').repeat(Number(row['in_multiply'])))
    const aad = bytes('in_aad')
    if (row['in_ignore'] === '1') sealer.sealDecoy(contents, aad)
    else sealer.seal(NOTHING, contents, aad)
    const sealed = concatBytes(...outbox.take())
    if (row['out_ciphertext'] !== '') expect(bytesToHex(sealed)).toBe(row['out_ciphertext'])
    const end = row['out_ciphertext_endswith'] ?? ''
    expect(bytesToHex(sealed.subarray(sealed.length - end.length / 2))).toBe(end)

    reader.feed(sealed)
    if (contents.length > MAX_CONTENTS_LENGTH) {
      // The BIP's format goes up to 2^24 - 1; nobody sends more than Core takes.
      expect(() => opener.next('application')).toThrow(expect.objectContaining({ code: 'message-too-large' }))
      return
    }
    const opened = opener.next('application', new GarbageAad(aad))
    if (row['in_ignore'] === '1') {
      expect(opened).toBeUndefined()
      expect(opener.decoys).toBe(1)
    } else {
      expect(Buffer.compare((opened as Uint8Array).subarray(HEADER_LENGTH), contents)).toBe(0)
    }
  })
})
