/**
 * Milliseconds from the first look of a lane in a turn, whoever worked in them, after which it waits for its
 * next turn.
 */
export const LANE_SHARE = 2

/**
 * Milliseconds for which a stranger has to be there until its pieces of work tell what it will take at once,
 * and after which those of a silent lane tell it no more.
 */
export const OBSERVED = 3_000

/**
 * How many times what a piece of its work is expected to take a stranger is given when its turn comes (what
 * it sends is read, handled and answered in pieces of their own), and the fewest milliseconds: those that
 * take next to nothing keep whoever comes after them waiting for little.
 */
const TURN = 3
const LEAST_TURN = 0.1

/** Milliseconds beyond its credit that a stranger's work is remembered for, at most. */
const MAX_DEBT = 10

/** What tells of one of its lanes what it takes. */
interface StrangersLane {
  /** Milliseconds of a piece of its work of late; 0: there was none. */
  usual(now: number): number
}

/** One of those who dialled us, and what was done for it. */
export class Stranger {
  readonly cameAt: number
  /** When it was counted among those who go by their credit. */
  countedAt: number
  readonly lanes: StrangersLane[] = []
  /** What is left of what it was given of the strangers' share when its turn came. */
  given = 0
  // Who has just come has none: to come again and again would bring it each time.
  #credit = -LANE_SHARE
  #creditedAt: number
  /** Lanes that wait for a turn. */
  #waiting = 0

  constructor(now: number) {
    this.cameAt = this.countedAt = this.#creditedAt = now
  }

  /**
   * Milliseconds that it may work before it has to wait: none where it is not above 0.
   * @param rate Those that come in a second while none of its lanes waits, or works.
   * @param worked Milliseconds of work that has just been done.
   */
  credit(now: number, rate: number, worked = 0): number {
    const idle = this.#waiting > 0 ? 0 : Math.max(0, now - this.#creditedAt - worked)
    this.#creditedAt = now
    return (this.#credit = Math.min(LANE_SHARE, this.#credit + (idle * rate) / 1_000))
  }

  /** Whether it has credit left: while it waits none comes, so that the time says nothing of it. */
  get hasCredit(): boolean {
    return this.#credit > 0
  }

  /** One of its lanes waits: until it does not nothing comes to it. */
  beginWait(now: number, rate: number): void {
    this.credit(now, rate)
    this.#waiting += 1
  }

  endWait(now: number): void {
    this.#waiting -= 1
    // Neither has anything come to it meanwhile, nor did it go by what had.
    this.#creditedAt = this.countedAt = now
  }

  /** @returns what of `worked` its credit does not cover. */
  spend(counted: number, now: number, rate: number, worked: number): number {
    const credit = this.credit(now, rate, worked)
    this.#credit = Math.max(-MAX_DEBT, credit - counted)
    this.given -= counted
    return Math.max(0, worked - Math.max(0, credit))
  }

  /** Its turn has come. @returns what it was given. */
  give(now: number): number {
    const turn = Math.min(LANE_SHARE, Math.max(LEAST_TURN, TURN * this.expected(now)))
    const credit = Math.max(0, this.#credit)
    this.given = Math.max(0, turn - credit)
    this.#credit = credit + this.given
    return this.given
  }

  /**
   * Milliseconds that it is expected to take when it goes on: what whichever of its lanes takes most does,
   * and all that a lane may take of who has just come, or was silent and has not ended a piece since.
   */
  expected(now: number): number {
    if (now - this.cameAt < OBSERVED) return LANE_SHARE
    let most = 0
    for (const lane of this.lanes) most = Math.max(most, lane.usual(now))
    return most || LANE_SHARE
  }
}
