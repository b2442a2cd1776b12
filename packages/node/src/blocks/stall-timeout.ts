/**
 * How long the block that the window waits for may be late at first (Core, `BLOCK_STALLING_TIMEOUT_DEFAULT`).
 */
export const STALL_TIMEOUT_DEFAULT = 2_000
/** And at most (Core, `BLOCK_STALLING_TIMEOUT_MAX`). */
const STALL_TIMEOUT_MAX = 64_000
/** What each delivered block takes off a raised timeout (Core, `net_processing.cpp`, `BlockConnected`). */
const DECAY = 0.85

/**
 * The patience with a peer that holds up the window. It doubles with every peer let go for it, so that a slow
 * connection of our own does not cost us all our peers, and shrinks with progress.
 */
export class StallTimeout {
  #milliseconds = STALL_TIMEOUT_DEFAULT

  get milliseconds(): number {
    return this.#milliseconds
  }

  onStall(): void {
    this.#milliseconds = Math.min(this.#milliseconds * 2, STALL_TIMEOUT_MAX)
  }

  onProgress(): void {
    this.#milliseconds = Math.max(this.#milliseconds * DECAY, STALL_TIMEOUT_DEFAULT)
  }
}
