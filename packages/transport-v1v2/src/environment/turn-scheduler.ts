/** Milliseconds that one turn of the event loop may take for what remotes sent, before sockets and timers come first again. */
export const MAX_TURN = 10

/** Milliseconds that one lane may take of a turn while others wait. */
export const LANE_SHARE = 2

/** One worker's place: a connection, an owner's loop. */
export interface TurnLane {
  /**
   * Looks at the time; to be asked after every few messages, or after each that may cost a millisecond.
   * @returns undefined: go on. Else what to wait for: it resolves in a later turn of the event loop, when this lane is next.
   */
  due(): Promise<void> | undefined
}

/**
 * Gives the event loop its turn back: whoever works through what remotes sent does so in a lane, and no turn is longer than
 * `MAX_TURN` and the piece of work that was under way. Those that had to stop go on one after the other, the one that has
 * used least first, with whatever else the event loop has to do between any two.
 */
export interface TurnScheduler {
  lane(): TurnLane
  /** Lanes that wait for a turn. */
  readonly waiting: number
}

export interface TurnSchedulerOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Calls back in a later turn of the event loop, after what sockets and timers have to do before. */
  readonly later: (callback: () => void) => void
  /** Default: 10 ms. */
  readonly turn?: number
  /** Default: 2 ms. */
  readonly share?: number
}

export function createTurnScheduler(options: TurnSchedulerOptions): TurnScheduler {
  return new RoundRobin(options)
}

/** Never has anybody wait: for a clock that stands still while work is done, as that of a simulation does. */
export const unhurriedScheduler: TurnScheduler = {
  lane: () => ({ due: () => undefined }),
  waiting: 0,
}

class RoundRobin implements TurnScheduler {
  readonly #now: () => number
  readonly #later: (callback: () => void) => void
  readonly #turn: number
  readonly #share: number
  readonly #queue: Lane[] = []
  /** Counts turns, so that a lane knows whether it has worked in this one. */
  #number = 0
  /** When work began in this turn; undefined while none has. */
  #began: number | undefined
  /** Work that the lane that went on last had used: a lane that comes anew has used as much, and no less. */
  #floor = 0

  constructor({ now, later, turn = MAX_TURN, share = LANE_SHARE }: TurnSchedulerOptions) {
    this.#now = now
    this.#later = later
    this.#turn = turn
    this.#share = share
  }

  get waiting(): number {
    return this.#queue.length
  }

  lane(): TurnLane {
    return new Lane(this)
  }

  due(lane: Lane): Promise<void> | undefined {
    const now = this.#now()
    if (this.#began === undefined) this.#begin(now)
    if (lane.turn !== this.#number) {
      lane.turn = this.#number
      lane.since = now
      lane.used = Math.max(lane.used, this.#floor)
    }
    const own = now - lane.since
    if (own < this.#share && now - this.#began! < this.#turn) return undefined
    lane.used += own
    return new Promise((resolve) => {
      lane.resume = resolve
      this.#queue.push(lane)
    })
  }

  #begin(now: number): void {
    this.#began = now
    this.#later(this.#next)
  }

  /** A new turn: the lane that has used least goes on in it. */
  readonly #next = (): void => {
    this.#number += 1
    this.#began = undefined
    const lane = this.#takeLightest()
    if (lane === undefined) return
    const now = this.#now()
    this.#floor = lane.used
    lane.turn = this.#number
    lane.since = now
    this.#begin(now)
    lane.resume()
  }

  #takeLightest(): Lane | undefined {
    let lightest = 0
    for (let index = 1; index < this.#queue.length; index++) {
      if (this.#queue[index]!.used < this.#queue[lightest]!.used) lightest = index
    }
    return this.#queue.splice(lightest, 1)[0]
  }
}

class Lane implements TurnLane {
  readonly #scheduler: RoundRobin
  turn = -1
  /** When it began to work in this turn. */
  since = 0
  /** Milliseconds of work in all, not less than others when it came. */
  used = 0
  resume: () => void = () => undefined

  constructor(scheduler: RoundRobin) {
    this.#scheduler = scheduler
  }

  due(): Promise<void> | undefined {
    return this.#scheduler.due(this)
  }
}
