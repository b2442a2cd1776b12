import type { PeerId } from '@sapwood/peer'

/**
 * Answers that may still come to questions that were put again or given up, at most: so many wrong ones are
 * passed over before one is a fault.
 */
const MAX_STRAYS = 1_000

/**
 * Answers that may come though nobody waits for them: a question was put twice, or given up before its end.
 * Neither `cfheaders` nor `cfilter` names its question, so that they may be taken for answers to the next
 * one.
 */
export class StrayAnswers {
  readonly #left = new Map<PeerId, number>()

  /** A question was put again, or given up, to which there are so many answers more. */
  add(peer: PeerId, count: number): void {
    this.#left.set(peer, Math.min(MAX_STRAYS, (this.#left.get(peer) ?? 0) + count))
  }

  /** Whether any may still come. */
  has(peer: PeerId): boolean {
    return (this.#left.get(peer) ?? 0) > 0
  }

  /** Whether an answer that does not fit may be one of them, which has come then. */
  take(peer: PeerId): boolean {
    const left = this.#left.get(peer) ?? 0
    if (left === 0) return false
    this.#left.set(peer, left - 1)
    return true
  }

  /** A connection has ended. */
  closed(peer: PeerId): void {
    this.#left.delete(peer)
  }
}
