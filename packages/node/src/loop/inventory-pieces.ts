import { ByteReader, ByteWriter, decodePayload, type Message } from '@sapwood/wire-codec'
import type { NodeNotification } from './node-notification.ts'

/** Entries of an `inv` or a `notfound` that are handled in one go: a millisecond or two of work. */
export const MAX_PIECE_ENTRIES = 1_000

/** Type and hash. */
const ENTRY_SIZE = 36
const MAX_PIECE_BYTES: number = 3 + MAX_PIECE_ENTRIES * ENTRY_SIZE

type PeerNotification = Extract<NodeNotification, { readonly type: 'peer' }>

/**
 * A long list of announcements as several short ones: 50,000 entries handled at once would keep all other peers waiting, and as
 * objects they take ten times the memory of their bytes.
 */
export class InventoryPieces {
  readonly #whole: PeerNotification
  readonly #payload: Uint8Array
  #offset: number
  #left: number

  private constructor(whole: PeerNotification, payload: Uint8Array) {
    this.#whole = whole
    this.#payload = payload
    const reader = new ByteReader(payload)
    this.#left = reader.compactSize()
    this.#offset = reader.offset
  }

  /** @returns undefined for what is handled whole. */
  static of(notification: NodeNotification): InventoryPieces | undefined {
    if (notification.type !== 'peer' || notification.message.type !== 'message') return undefined
    const { message, payload } = notification.message
    if (payload.length <= MAX_PIECE_BYTES || (message.type !== 'inv' && message.type !== 'notfound'))
      return undefined
    return new InventoryPieces(notification, payload)
  }

  get isLast(): boolean {
    return this.#left <= MAX_PIECE_ENTRIES
  }

  /** The next piece, as if the peer had sent it alone. */
  next(): NodeNotification {
    const count = Math.min(this.#left, MAX_PIECE_ENTRIES)
    const end = this.#offset + count * ENTRY_SIZE
    const payload = new ByteWriter(3 + count * ENTRY_SIZE)
      .compactSize(count)
      .bytes(this.#payload.subarray(this.#offset, end))
      .finish()
    this.#offset = end
    this.#left -= count
    const whole = this.#whole.message as Extract<PeerNotification['message'], { readonly type: 'message' }>
    const message: Message = decodePayload(whole.message.type, payload)
    return { ...this.#whole, message: { ...whole, message, payload } }
  }
}
