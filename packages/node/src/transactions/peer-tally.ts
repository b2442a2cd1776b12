import type { PeerId } from '@sapwood/peer'

/** Peers that are named, at most: strangers come and go for as long as nobody has seen a transaction. */
const MAX_NAMED = 1_000

/** Peers that have done something: how many ever, who of those connected, and the first of them by name. */
export class PeerTally {
  readonly #connected = new Set<PeerId>()
  readonly #first: PeerId[] = []
  #count = 0

  /** All of them, also those that have left. */
  get count(): number {
    return this.#count
  }

  /** The first of them, at most 1,000. */
  get first(): readonly PeerId[] {
    return this.#first
  }

  /** Whether one that is connected is among them. */
  has(id: PeerId): boolean {
    return this.#connected.has(id)
  }

  add(id: PeerId): void {
    if (this.#connected.has(id)) return
    this.#connected.add(id)
    this.#count++
    if (this.#first.length < MAX_NAMED) this.#first.push(id)
  }

  /** Its connection has ended: no other will have its id. */
  left(id: PeerId): void {
    this.#connected.delete(id)
  }
}
