import { LANE_SHARE, OBSERVED, Stranger } from './stranger.ts'

/**
 * Milliseconds that one turn of the event loop may take for what remotes sent, before sockets and timers come
 * first again.
 */
const MAX_TURN = 10

/**
 * Part of the time that strangers (those who dialled us) may take together while peers of our own choice are
 * at work: of the time that is spent in lanes, and in what `forStrangers` is given. Twice as much again goes
 * into what cannot be measured for one of them: sockets, promises, and the memory that is collected after.
 */
const STRANGERS_SHARE = 0.02

/** Milliseconds for which a peer of our own choice is at work after something of it was read. */
const AT_WORK = 100

/** Milliseconds of work that strangers may be ahead of their share: a burst passes at once. */
const STRANGERS_BURST = 5

/**
 * Milliseconds of work by which a lane may have used more than others, at most: whoever has been there for
 * days does not stand behind everybody who has just come.
 */
const MAX_BEHIND = 100

/** Milliseconds that strangers wait for their share, at most, whatever one of them cost. */
const MAX_STRANGERS_PAUSE = 100

/**
 * Milliseconds of work in a second that a stranger is given while it waits for nothing of ours: whoever asks
 * for little is not kept waiting by those that ask for all, who wait all the time.
 */
const OWN_CREDIT = 20

/**
 * Of that, milliseconds in a second for all who go by it together: each has what the others leave, and an
 * equal part where they leave less. What they do beyond it counts against their share.
 */
const CREDITS = 36

/** Milliseconds of it that may be done at once. */
const CREDITS_BURST = 10

/**
 * Milliseconds in which what a stranger worked counts for e times less where one of them is chosen, and its
 * going by its credit where those are counted.
 */
const RECENT = 1_000

/**
 * Milliseconds of recent work up to which strangers are alike: of many that begin at once after a long
 * silence none goes before whoever asks for little all the time.
 */
const LITTLE = 20

/** Milliseconds of recent work at most: who worked while nobody else wanted the time is not last for long. */
const MAX_RECENT = 2 * LITTLE

/**
 * Milliseconds of work at once up to which strangers are alike as well: whoever takes the least of all does
 * not come back again and again before one that takes a little more.
 */
const SMALL = 0.5

/** By how much a stranger that has credit left is lighter: half a second of waiting. */
const CREDITED = 0.25

/** By how much a lane becomes lighter for each millisecond that it waits: it is nobody's last for ever. */
const LIGHTER = 0.0005

/**
 * How much of it the last piece of a lane's work tells: a few of many are large by the garbage that was
 * collected in their midst. One that took fewer milliseconds tells as much less: of tiny ones anybody can
 * make as many as it likes between two large ones.
 */
const TELLING = 0.125

/**
 * How many times what is expected of a stranger its work between two looks at the time counts for it, at
 * most, and `SMALL` in any case: what took longer was garbage of others, collected in its midst, or another
 * process. Of who is not known it is 8 ms: two of them leave it among those of little.
 */
const SURPRISE = 4

/** Whom a lane works for: a remote that dialled us, one that we chose, or whoever owns both. */
export type LaneKind = 'stranger' | 'chosen' | 'own'

/** One worker's place: a connection, an owner's loop. */
export interface TurnLane {
  /**
   * Looks at the time; to be asked after every few messages, or after each that may cost a millisecond, where
   * there is more to do: a lane that waits for its turn with nothing at hand gets no credit meanwhile.
   * @returns undefined: go on. Else what to wait for: it resolves in a later turn of the event loop, when
   * this lane is next, for all who wait in it.
   */
  due(): Promise<void> | undefined
  /**
   * Gives the turn back, however little of it was used: what has been written leaves before work goes on.
   * @returns what to wait for, as `due`; undefined where nobody ever waits.
   */
  pass(): Promise<void> | undefined
  /** Work begins, after something else than `due` has been waited for. */
  enter(): void
  /** Work ends, for a wait of whatever length: what it took since it began, or was looked at, counts. */
  leave(): void
  /**
   * Work ends as by `leave`, with more at hand: for a wait for something of ours, a share that is used up, an
   * owner that is behind. Until `enter` no credit comes to a stranger.
   */
  rest(): void
  /** Counts milliseconds that were spent for it elsewhere. */
  charge(milliseconds: number): void
}

/**
 * Gives the event loop its turn back: whoever works through what remotes sent does so in a lane, and no turn
 * is longer than `MAX_TURN` and the piece of work that was under way. Those that had to stop go on one after
 * the other, with whatever else the event loop has to do between any two: first the one that has used least;
 * of strangers that which has of late, and of those that have used little the one that is done soonest.
 * Lanes of kind `stranger` have no more than every other turn where others wait, and while lanes of kind
 * `chosen` are at work no more than `STRANGERS_SHARE` of the time, all together: each has of it three
 * times what it is expected to take at once when its turn comes, 2 ms at most, and beside it the little that
 * comes to whoever waits for nothing.
 */
export interface TurnScheduler {
  /**
   * @param kind Default: `own`.
   * @param whose What stands for the stranger whose lane it is, the account of its memory: what is done in
   * all of its lanes counts together. Default: a stranger of its own.
   */
  lane(kind?: LaneKind, whose?: object): TurnLane
  /** Does work outside of lanes that strangers are the cause of: it counts against their share. */
  forStrangers<T>(work: () => T): T
  /** Milliseconds until strangers have had no more than their share; 0: work may be done for them now. */
  readonly strangersPause: number
  /** Lanes that wait for a turn. */
  readonly waiting: number
}

/** What a scheduler goes by. */
export interface TurnSchedulerOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Calls back in a later turn of the event loop, after what sockets and timers have to do before. */
  readonly later: (callback: () => void) => void
  /** Calls back after some milliseconds. */
  readonly after: (callback: () => void, milliseconds: number) => void
}

/** Gives the event loop its turn back: whoever shares it works by turns. See {@link TurnScheduler}. */
export function createTurnScheduler(options: TurnSchedulerOptions): TurnScheduler {
  return new RoundRobin(options)
}

const idleLane: TurnLane = {
  due: () => undefined,
  pass: () => undefined,
  enter: () => undefined,
  leave: () => undefined,
  rest: () => undefined,
  charge: () => undefined,
}

/** Never has anybody wait: for a clock that stands still while work is done, as that of a simulation does. */
export const unhurriedScheduler: TurnScheduler = {
  lane: () => idleLane,
  forStrangers: (work) => work(),
  strangersPause: 0,
  waiting: 0,
}

class RoundRobin implements TurnScheduler {
  readonly #now: () => number
  readonly #later: (callback: () => void) => void
  readonly #after: (callback: () => void, milliseconds: number) => void
  readonly #queue: Lane[] = []
  readonly #known = new WeakMap<object, Stranger>()
  /** Counts turns, so that a lane knows whether it has worked in this one. */
  #number = 0
  /** When work began in this turn; undefined while none has. */
  #began: number | undefined
  /** Work that the lane that went on last had used: a lane that comes anew has used as much, and no less. */
  #floor = 0
  /** When strangers will have had no more than their share. */
  #strangersMayAt = 0
  /** When a lane of a chosen peer asked last. */
  #chosenAt = Number.NEGATIVE_INFINITY
  #sleeping = false
  /** Strangers that went by their credit of late. */
  #creditors = 0
  #countedAt = 0
  /** Milliseconds of work that they did by it in the last second. */
  #byCredit = 0
  #byCreditAt = 0
  /** When what all did by their credit will have come to them. */
  #creditsCoveredAt = 0
  /** Whether the last turn was a stranger's. */
  #wasStrangers = false
  /** Whether the last that was done for strangers was done outside of lanes. */
  #isLanesTurn = false

  constructor({ now, later, after }: TurnSchedulerOptions) {
    this.#now = now
    this.#later = later
    this.#after = after
  }

  get waiting(): number {
    return this.#queue.length
  }

  get strangersPause(): number {
    const now = this.#now()
    const pause = this.#strangersPause(now)
    if (pause > 0 || !this.#isLanesTurn || !this.#isChosenAtWork(now)) return Math.max(0, pause)
    return this.#queue.some(({ kind }) => kind === 'stranger') ? 1 : 0
  }

  lane(kind: LaneKind = 'own', whose: object = {}): TurnLane {
    const stranger = kind === 'stranger' ? this.#stranger(whose) : undefined
    const lane = new Lane(this, kind, stranger ?? nobody)
    stranger?.lanes.push(lane)
    return lane
  }

  #stranger(whose: object): Stranger {
    const stranger = this.#known.get(whose) ?? new Stranger(this.#now())
    this.#known.set(whose, stranger)
    return stranger
  }

  forStrangers<T>(work: () => T): T {
    const began = this.#now()
    try {
      return work()
    } finally {
      const now = this.#now()
      this.#charge(now - began, now)
      this.#isLanesTurn = true
    }
  }

  due(lane: Lane): Promise<void> | undefined {
    const now = this.#now()
    this.#look(lane, now)
    const mustWait = lane.kind === 'stranger' && this.#isHeldOut(lane, now)
    if (!mustWait && now - lane.since < LANE_SHARE && now - this.#began! < MAX_TURN) return undefined
    return this.#wait(lane, now)
  }

  pass(lane: Lane): Promise<void> {
    const now = this.#now()
    this.#look(lane, now)
    return this.#wait(lane, now)
  }

  #wait(lane: Lane, now: number): Promise<void> {
    lane.endPiece(now)
    if (lane.waiters.length === 0) {
      if (lane.kind === 'stranger') lane.stranger.beginWait(now, this.#rate(now))
      else lane.used += now - lane.since
      this.#queue.push(lane)
    }
    return new Promise((resolve) => lane.waiters.push(resolve))
  }

  enter(lane: Lane): void {
    const now = this.#now()
    if (lane.rests) lane.stranger.endWait(now)
    lane.rests = false
    lane.lookedAt = now
    this.#look(lane, now)
  }

  leave(lane: Lane): void {
    const now = this.#now()
    this.#look(lane, now)
    lane.endPiece(now)
  }

  rest(lane: Lane): void {
    this.leave(lane)
    if (lane.kind !== 'stranger' || lane.rests) return
    lane.rests = true
    const now = this.#now()
    lane.stranger.beginWait(now, this.#rate(now))
  }

  /** Counts what a lane did since the last look at it in this turn. */
  #look(lane: Lane, now: number): void {
    if (this.#began === undefined) this.#begin(now)
    if (lane.kind === 'chosen') this.#chosenAt = now
    if (lane.turn !== this.#number) {
      lane.turn = this.#number
      lane.since = now
      lane.used = Math.min(Math.max(lane.used, this.#floor), this.#floor + MAX_BEHIND)
    } else if (lane.kind === 'stranger') {
      this.#count(lane, now - lane.lookedAt, now)
    }
    lane.lookedAt = now
  }

  /** Milliseconds of credit in a second. */
  #rate(now: number): number {
    const part = CREDITS / faded(this.#creditors, this.#countedAt, now)
    const left = CREDITS - faded(this.#byCredit, this.#byCreditAt, now)
    return Math.min(OWN_CREDIT, Math.max(part, left))
  }

  #countCreditor(stranger: Stranger, now: number): void {
    const since = Math.min(1, (now - stranger.countedAt) / RECENT)
    this.#creditors = faded(this.#creditors, this.#countedAt, now) + since
    this.#countedAt = stranger.countedAt = now
  }

  /** Work of a lane that it did not do itself. */
  charge(lane: Lane, milliseconds: number): void {
    if (lane.kind === 'stranger') this.#count(lane, milliseconds, this.#now())
    else lane.used += milliseconds
  }

  /** Work of a stranger, in however small pieces. */
  #count(lane: Lane, milliseconds: number, now: number): void {
    const given = Math.max(0, lane.stranger.given)
    const uncovered = lane.spend(milliseconds, now, this.#rate(now))
    const byCredit = Math.max(0, milliseconds - uncovered - given)
    // What it was given has been charged when that was given, and what comes to it is beside the share.
    if (this.#isChosenAtWork(now)) this.#charge(uncovered + this.#beyondCredits(byCredit, now), now)
    else this.#charge(milliseconds, now)
  }

  /** @returns what of it is more than what comes to all of them. */
  #beyondCredits(milliseconds: number, now: number): number {
    this.#byCredit = faded(this.#byCredit, this.#byCreditAt, now) + milliseconds
    this.#byCreditAt = now
    const from = Math.max(this.#creditsCoveredAt, now - (CREDITS_BURST * 1_000) / CREDITS)
    const until = from + (milliseconds * 1_000) / CREDITS
    this.#creditsCoveredAt = Math.min(until, Math.max(from, now))
    return ((until - this.#creditsCoveredAt) * CREDITS) / 1_000
  }

  #begin(now: number): void {
    this.#began = now
    this.#later(this.#next)
  }

  #giveTurn(stranger: Stranger, now: number): void {
    stranger.endWait(now)
    // By its credit it goes on where they have had their share, and where nobody else is at work by nothing.
    if (this.#isChosenAtWork(now) && now >= this.#strangersMayAt) this.#charge(stranger.give(now), now)
  }

  /** A new turn: the lane that has used least goes on in it. */
  readonly #next = (): void => {
    this.#number += 1
    this.#began = undefined
    const now = this.#now()
    const lane = this.#takeLightest(now)
    if (lane === undefined) {
      this.#sleep(now)
      return
    }
    if (lane.kind === 'stranger') this.#giveTurn(lane.stranger, now)
    else this.#floor = lane.used
    lane.turn = this.#number
    lane.since = now
    lane.lookedAt = now
    this.#begin(now)
    for (const resume of lane.waiters.splice(0)) resume()
  }

  #takeLightest(now: number): Lane | undefined {
    let stranger: Lane | undefined
    let lightest = Number.POSITIVE_INFINITY
    let other: Lane | undefined
    for (const lane of this.#queue) {
      if (lane.kind !== 'stranger') {
        if (other === undefined || lane.used < other.used) other = lane
        continue
      }
      if (this.#isHeldOut(lane, now)) continue
      const weight = lane.weight(now)
      if (weight >= lightest) continue
      lightest = weight
      stranger = lane
    }
    // However many strangers wait, they have no more than every other turn.
    const isStrangers = stranger !== undefined && (other === undefined || !this.#wasStrangers)
    this.#wasStrangers = isStrangers
    if (isStrangers) this.#isLanesTurn = false
    const lane = isStrangers ? stranger : other
    if (lane !== undefined) this.#queue.splice(this.#queue.indexOf(lane), 1)
    return lane
  }

  /** Only strangers wait, and it is not their time yet. */
  #sleep(now: number): void {
    if (this.#queue.length === 0 || this.#sleeping) return
    this.#sleeping = true
    this.#after(() => {
      this.#sleeping = false
      if (this.#began === undefined) this.#begin(this.#now())
    }, this.#strangersPause(now))
  }

  #charge(milliseconds: number, now: number): void {
    const from = Math.max(this.#strangersMayAt, now - STRANGERS_BURST / STRANGERS_SHARE)
    this.#strangersMayAt = Math.min(from + milliseconds / STRANGERS_SHARE, now + MAX_STRANGERS_PAUSE)
  }

  /** Whether it has to wait for the strangers' share: it has no credit. */
  #isHeldOut({ stranger }: Lane, now: number): boolean {
    if (this.#strangersPause(now) <= 0) return false
    if (stranger.credit(now, this.#rate(now)) <= 0) return true
    if (stranger.given <= 0) this.#countCreditor(stranger, now)
    return false
  }

  #isChosenAtWork(now: number): boolean {
    return now - this.#chosenAt < AT_WORK
  }

  /** Milliseconds until strangers may go on; 0 or less: now. */
  #strangersPause(now: number): number {
    return this.#isChosenAtWork(now) ? this.#strangersMayAt - now : 0
  }
}

/** What is left of what was there some time ago: e times less for each `RECENT`. */
function faded(quantity: number, from: number, now: number): number {
  return quantity * Math.exp((from - now) / RECENT)
}

/** Stands for whoever is no stranger: nothing of it is counted. */
const nobody = /* @__PURE__ */ new Stranger(0)

class Lane implements TurnLane {
  readonly kind: LaneKind
  readonly stranger: Stranger
  readonly #scheduler: RoundRobin
  turn = -1
  /** When it began to work in this turn. */
  since = 0
  /** Milliseconds of work in all, not less than others when it came; of strangers nobody asks for it. */
  used = 0
  /** Milliseconds of a stranger's work since the lane last waited. */
  #piece = 0
  /** What it took of late, and when it waited last. */
  #usual = 0
  #waitedAt = 0
  #recent = 0
  #recentAt = 0
  /** Up to when its work has been counted. */
  lookedAt = 0
  /** Whether it waits for something else than a turn, with more at hand. */
  rests = false
  /** Those who wait for its turn: of one lane there may be several, such as the streams of one program. */
  readonly waiters: (() => void)[] = []

  constructor(scheduler: RoundRobin, kind: LaneKind, stranger: Stranger) {
    this.#scheduler = scheduler
    this.kind = kind
    this.stranger = stranger
  }

  /** @returns what of it its stranger's credit does not cover. */
  spend(milliseconds: number, now: number, rate: number): number {
    this.#piece += milliseconds
    const counted = Math.min(Math.max(SMALL, SURPRISE * this.stranger.expected(now)), milliseconds)
    this.#recent = Math.min(MAX_RECENT, this.#recentWork(now) + counted)
    this.#recentAt = now
    return this.stranger.spend(counted, now, rate, milliseconds)
  }

  /** It waits, for a turn or for something of its own. */
  endPiece(now: number): void {
    const piece = Math.min(LANE_SHARE, this.#piece)
    const usual = this.usual(now) || piece
    this.#usual = usual + (piece - usual) * Math.min(TELLING, piece)
    this.#waitedAt = now
    this.#piece = 0
  }

  /** Milliseconds of a piece of its work of late; 0: there was none. */
  usual(now: number): number {
    return now - this.#waitedAt < OBSERVED ? this.#usual : 0
  }

  /**
   * Of two lanes of strangers the one of less weight goes on first. What it did itself, not what its stranger
   * did: who has had much read may have it handled, which sets its memory free.
   */
  weight(now: number): number {
    const cost = Math.max(LITTLE, this.#recentWork(now)) + Math.max(SMALL, this.stranger.expected(now))
    return cost - (this.stranger.hasCredit ? CREDITED : 0) - (now - this.#waitedAt) * LIGHTER
  }

  #recentWork(now: number): number {
    return faded(this.#recent, this.#recentAt, now)
  }

  due(): Promise<void> | undefined {
    return this.#scheduler.due(this)
  }

  pass(): Promise<void> {
    return this.#scheduler.pass(this)
  }

  enter(): void {
    this.#scheduler.enter(this)
  }

  leave(): void {
    this.#scheduler.leave(this)
  }

  rest(): void {
    this.#scheduler.rest(this)
  }

  charge(milliseconds: number): void {
    this.#scheduler.charge(this, milliseconds)
  }
}
