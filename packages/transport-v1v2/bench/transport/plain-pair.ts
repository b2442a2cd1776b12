import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { elligatorSwift } from '@scure/btc-signer/p2p.js'
import { concatBytes } from '@sapwood/wire-codec'

/*
 * BIP324 the plain way, from the two libraries that have its parts: what someone would write who has no
 * reason to hurry. The reference of the benches, and nothing else.
 */

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const REKEY = 224

class PlainLengthCipher {
  #key: Uint8Array
  #chunks = 0
  #rekeys = 0n
  #used = 0
  constructor(key: Uint8Array) {
    this.#key = key
  }
  crypt(bytes: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setBigUint64(4, this.#rekeys, true)
    const stream = chacha20(this.#key, nonce, new Uint8Array(this.#used + bytes.length + 32))
    const result = bytes.map((byte, index) => byte ^ stream[this.#used + index]!)
    this.#used += bytes.length
    if (++this.#chunks === REKEY) {
      this.#key = stream.slice(this.#used, this.#used + 32)
      this.#chunks = 0
      this.#used = 0
      this.#rekeys++
    }
    return result
  }
}

class PlainPacketCipher {
  #key: Uint8Array
  #packets = 0
  #rekeys = 0n
  constructor(key: Uint8Array) {
    this.#key = key
  }
  #nonce(counter: number): Uint8Array {
    const nonce = new Uint8Array(12)
    const view = new DataView(nonce.buffer)
    view.setUint32(0, counter, true)
    view.setBigUint64(4, this.#rekeys, true)
    return nonce
  }
  #advance(): void {
    if (++this.#packets < REKEY) return
    this.#key = chacha20poly1305(this.#key, this.#nonce(0xffffffff)).encrypt(new Uint8Array(32)).slice(0, 32)
    this.#packets = 0
    this.#rekeys++
  }
  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const sealed = chacha20poly1305(this.#key, this.#nonce(this.#packets), aad).encrypt(plaintext)
    this.#advance()
    return sealed
  }
  open(aad: Uint8Array, sealed: Uint8Array): Uint8Array {
    const plaintext = chacha20poly1305(this.#key, this.#nonce(this.#packets), aad).decrypt(sealed)
    this.#advance()
    return plaintext
  }
}

export class PlainSide {
  readonly #initiating: boolean
  readonly #keys = elligatorSwift.keygen()
  readonly #garbage: Uint8Array
  #sendLength!: PlainLengthCipher
  #sendPacket!: PlainPacketCipher
  #receiveLength!: PlainLengthCipher
  #receivePacket!: PlainPacketCipher
  #theirTerminator!: Uint8Array
  #buffer: Uint8Array = new Uint8Array(0)
  constructor(initiating: boolean, garbageLength: number) {
    this.#initiating = initiating
    this.#garbage = crypto.getRandomValues(new Uint8Array(garbageLength))
  }
  hello(): Uint8Array {
    return concatBytes(this.#keys.publicKey, this.#garbage)
  }
  /** The remote's hello to our terminator and version packet. */
  agree(hello: Uint8Array, magic: Uint8Array): Uint8Array {
    this.#buffer = hello.slice(64)
    const secret = elligatorSwift.getSharedSecretBip324(
      this.#keys.privateKey,
      hello.slice(0, 64),
      this.#keys.publicKey,
      this.#initiating,
    )
    const prk = extract(sha256, secret, concatBytes(ascii('bitcoin_v2_shared_secret'), magic))
    const derive = (info: string): Uint8Array => expand(sha256, prk, ascii(info), 32)
    derive('session_id')
    const initiator = [derive('initiator_L'), derive('initiator_P')] as const
    const responder = [derive('responder_L'), derive('responder_P')] as const
    const [send, receive] = this.#initiating ? [initiator, responder] : [responder, initiator]
    this.#sendLength = new PlainLengthCipher(send[0])
    this.#sendPacket = new PlainPacketCipher(send[1])
    this.#receiveLength = new PlainLengthCipher(receive[0])
    this.#receivePacket = new PlainPacketCipher(receive[1])
    const terminators = derive('garbage_terminators')
    const first = terminators.slice(0, 16)
    const last = terminators.slice(16)
    this.#theirTerminator = this.#initiating ? last : first
    return concatBytes(this.#initiating ? first : last, this.seal(new Uint8Array(0), this.#garbage))
  }
  /** The remote's terminator and version packet. */
  finish(bytes: Uint8Array): void {
    this.#buffer = concatBytes(this.#buffer, bytes)
    for (let end = 16; ; end++) {
      if (this.#buffer.slice(end - 16, end).every((byte, index) => byte === this.#theirTerminator[index])) {
        const garbage = this.#buffer.slice(0, end - 16)
        this.#buffer = this.#buffer.slice(end)
        this.open(new Uint8Array(0), garbage)
        return
      }
    }
  }
  seal(contents: Uint8Array, aad: Uint8Array = new Uint8Array(0)): Uint8Array {
    const length = Uint8Array.of(contents.length, contents.length >> 8, contents.length >> 16)
    return concatBytes(
      this.#sendLength.crypt(length),
      this.#sendPacket.seal(aad, concatBytes(Uint8Array.of(0), contents)),
    )
  }
  open(bytes: Uint8Array, aad: Uint8Array = new Uint8Array(0)): Uint8Array {
    this.#buffer = concatBytes(this.#buffer, bytes)
    const [low = 0, middle = 0, high = 0] = this.#receiveLength.crypt(
      this.#buffer.slice(0, 3),
    ) as unknown as [number, number, number]
    const end = 3 + 1 + (low | (middle << 8) | (high << 16)) + 16
    const plaintext = this.#receivePacket.open(aad, this.#buffer.slice(3, end))
    this.#buffer = this.#buffer.slice(end)
    return plaintext.slice(1)
  }
}

export function plainPair(magic: Uint8Array, garbageLength: number): readonly [PlainSide, PlainSide] {
  const initiator = new PlainSide(true, garbageLength)
  const responder = new PlainSide(false, garbageLength)
  const toInitiator = responder.agree(initiator.hello(), magic)
  responder.finish(initiator.agree(responder.hello(), magic))
  initiator.finish(toInitiator)
  return [initiator, responder]
}
