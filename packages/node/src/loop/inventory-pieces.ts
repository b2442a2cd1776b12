import { InventoryPayload } from '@sapwood/wire-codec'
import type { PeerNotification } from '@sapwood/peer'
import type { InventoryPiece, NodeNotification } from './node-notification.ts'

/** Entries of an `inv` or a `notfound` that are handled in one go: a millisecond or two of work. */
export const MAX_PIECE_ENTRIES = 1_000

/**
 * A long list of announcements as several short ones: 50,000 entries handled at once would keep all other
 * peers waiting, and as objects they take ten times the memory of their bytes.
 */
export class InventoryPieces {
  readonly #whole: PeerNotification
  readonly #entries: InventoryPayload
  #taken = 0

  private constructor(whole: PeerNotification, entries: InventoryPayload) {
    this.#whole = whole
    this.#entries = entries
  }

  /** @returns undefined for what is handled whole. */
  static of(notification: NodeNotification): InventoryPieces | undefined {
    if (notification.type !== 'peer' || notification.message.type !== 'message') return undefined
    const { message } = notification
    if (message.message.type !== 'inv' && message.message.type !== 'notfound') return undefined
    const entries = InventoryPayload.of(message.payload)
    return entries.length > MAX_PIECE_ENTRIES ? new InventoryPieces(notification, entries) : undefined
  }

  get isLast(): boolean {
    return this.#entries.length - this.#taken <= MAX_PIECE_ENTRIES
  }

  /** The next piece: the message again, with the entries that are to be handled of it. */
  next(): InventoryPiece {
    const entries = this.#entries.slice(this.#taken, this.#taken + MAX_PIECE_ENTRIES)
    this.#taken += MAX_PIECE_ENTRIES
    return { ...this.#whole, entries }
  }
}
