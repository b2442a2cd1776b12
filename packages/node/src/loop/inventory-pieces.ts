import { decodePayload, InventoryPayload } from '@sapwood/wire-codec'
import type { PeerNotification } from '@sapwood/peer'
import type { ReceivedMessage } from './node-part.ts'
import type { NodeNotification } from './node-notification.ts'

/** Entries of an `inv` or a `notfound` that are handled in one go: a millisecond or two of work. */
export const MAX_PIECE_ENTRIES = 1_000

/**
 * A long list of announcements as several short ones: 50,000 entries handled at once would keep all other
 * peers waiting, and as objects they take ten times the memory of their bytes.
 */
export class InventoryPieces {
  readonly #whole: PeerNotification
  readonly #message: ReceivedMessage
  readonly #entries: InventoryPayload
  #taken = 0

  private constructor(whole: PeerNotification, message: ReceivedMessage, entries: InventoryPayload) {
    this.#whole = whole
    this.#message = message
    this.#entries = entries
  }

  /** @returns undefined for what is handled whole. */
  static of(notification: NodeNotification): InventoryPieces | undefined {
    if (notification.type !== 'peer' || notification.message.type !== 'message') return undefined
    const { message } = notification
    if (message.message.type !== 'inv' && message.message.type !== 'notfound') return undefined
    const entries = new InventoryPayload(message.payload)
    return entries.count > MAX_PIECE_ENTRIES ? new InventoryPieces(notification, message, entries) : undefined
  }

  get isLast(): boolean {
    return this.#entries.count - this.#taken <= MAX_PIECE_ENTRIES
  }

  /** The next piece, as if the peer had sent it alone. */
  next(): NodeNotification {
    const payload = this.#entries.slice(this.#taken, this.#taken + MAX_PIECE_ENTRIES)
    this.#taken += MAX_PIECE_ENTRIES
    const message = decodePayload(this.#message.message.type, payload)
    return { ...this.#whole, message: { ...this.#message, message, payload } }
  }
}
