import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Numbers of OpenPGP (RFC 4880, and what GnuPG has for Ed25519). */
const PUBLIC_KEY_PACKET = 6
const USER_ID_PACKET = 13
const SIGNATURE_PACKET = 2
const EDDSA = 22
const SHA256 = 8
const OF_A_TEXT = 0x01
const OF_A_USER_ID = 0x13
const ED25519 = Buffer.from('092b06010401da470f01', 'hex')
const USER_ID = Buffer.from('An archive of the tests')
/** Seconds since 1970. */
const CREATED = 1_700_000_000

/** Signs as an archive of Debian packages has to be signed, by a key that was made for it. */
export class OpenPgpSigner {
  readonly #privateKey: KeyObject
  /** The key, without its packet. */
  readonly #key: Buffer

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#privateKey = privateKey
    const point = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
    const number = mpi(Buffer.concat([Uint8Array.of(0x40), point]))
    this.#key = Buffer.concat([Uint8Array.of(4), u32(CREATED), Uint8Array.of(EDDSA), ED25519, number])
  }

  /** The key as a keyring of one, which apt is told of by `Signed-By`. */
  get keyring(): Buffer {
    const named = Buffer.concat([this.#framedKey, Uint8Array.of(0xb4), u32(USER_ID.length), USER_ID])
    return Buffer.concat([
      packet(PUBLIC_KEY_PACKET, this.#key),
      packet(USER_ID_PACKET, USER_ID),
      this.#signature(OF_A_USER_ID, named),
    ])
  }

  /** A text with its signature behind it. @param text without a dash at the beginning of any line. */
  sign(text: string): string {
    // The end of the last line is none of it.
    const signed = Buffer.from(text.trimEnd().replaceAll('\n', '\r\n'))
    const lines = this.#signature(OF_A_TEXT, signed)
      .toString('base64')
      .match(/.{1,64}/g)!
    return `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text.trimEnd()}
-----BEGIN PGP SIGNATURE-----\n\n${lines.join('\n')}\n-----END PGP SIGNATURE-----\n`
  }

  get #framedKey(): Buffer {
    return Buffer.concat([Uint8Array.of(0x99), u16(this.#key.length), this.#key])
  }

  #signature(type: number, signed: Buffer): Buffer {
    const fingerprint = createHash('sha1').update(this.#framedKey).digest()
    const facts = Buffer.concat([
      subpacket(2, u32(CREATED)),
      subpacket(33, Buffer.concat([Uint8Array.of(4), fingerprint])),
      // It may certify, and sign.
      ...(type === OF_A_USER_ID ? [subpacket(27, Uint8Array.of(3))] : []),
    ])
    const head = Buffer.concat([Uint8Array.of(4, type, EDDSA, SHA256), u16(facts.length), facts])
    const trailer = Buffer.concat([Uint8Array.of(4, 0xff), u32(head.length)])
    const digest = createHash('sha256').update(signed).update(head).update(trailer).digest()
    const signature = sign(null, digest, this.#privateKey)
    const issuer = subpacket(16, fingerprint.subarray(-8))
    const rest = [u16(issuer.length), issuer, digest.subarray(0, 2)]
    const numbers = [mpi(signature.subarray(0, 32)), mpi(signature.subarray(32))]
    return packet(SIGNATURE_PACKET, Buffer.concat([head, ...rest, ...numbers]))
  }
}

function packet(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Uint8Array.of(0xc0 | tag, 0xff), u32(body.length), body])
}

function subpacket(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(body.length + 1, type), body])
}

/** A number as OpenPGP writes it: how many bits it has, and no zeros before them. */
function mpi(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const rest = bytes.subarray(first)
  return Buffer.concat([u16((rest.length - 1) * 8 + 32 - Math.clz32(rest[0]!)), rest])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
