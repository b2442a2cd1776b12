import { TransportError } from '../errors/transport-error.ts'
import type { CancelTimer, Clock } from './clock.ts'
import { systemClock } from './default-clock.ts'
import { runningClock } from './running-clock.ts'
import {
  ACCOUNT_FLOOR,
  BudgetAccount,
  type MemoryAccount,
  type MemoryPurpose,
  type MemoryRank,
} from './memory-account.ts'

/** Bytes that all connections of a process may hold together, unless told otherwise. */
export const DEFAULT_MEMORY_BUDGET: number = 64 * 1024 * 1024

/** Part of the budget that strangers' connections may fill: the rest is kept for those that we chose. */
const INBOUND_SHARE = 0.5

/**
 * Part of the budget that is granted to nobody: it is for the little that everybody may hold, whatever the
 * others do.
 */
const COMMON_SHARE = 0.125

/** Whoever waits for room has the largest holder let go where that one holds this many times as much. */
const GREED = 2

/** Milliseconds for which a holder may give nothing back while others wait. */
const MAX_IDLE_HOLDING = 10_000

/** The same while one waits that has given something back of late. */
const MAX_IDLE_BEFORE_LIVELY = 2_000

/** Milliseconds between two looks at who has given nothing back, while anybody waits. */
const REVIEW_INTERVAL = 1_000

/** How much all accounts may hold together. */
export interface MemoryBudgetOptions {
  /** Bytes in all. Default: 67,108,864. */
  readonly limit?: number
  /** Part of what is granted that `inbound` accounts may hold together, 0 to 1. Default: 0.5. */
  readonly inboundShare?: number
  /** Tells who has held for long. Default: `systemClock`. */
  readonly clock?: Clock
}

/** Figures of a budget, in bytes. */
export interface MemoryUse {
  readonly limit: number
  readonly used: number
  /** The most that was held at once. */
  readonly peak: number
  /** Held by `inbound` accounts. */
  readonly inbound: number
  readonly byPurpose: Readonly<Record<MemoryPurpose, number>>
  /** Accounts that are open. */
  readonly accounts: number
  /** Accounts that wait for room. */
  readonly waiting: number
  /** Accounts let go so far because they held most. */
  readonly evicted: number
}

/** Whose account it is, and what is done when it is closed for want of room. */
export interface MemoryAccountOptions {
  readonly rank: MemoryRank
  /**
   * The account has been closed, and what it held is to be let go of: called once, synchronously, with how
   * much it was.
   */
  readonly onEvict?: (heldBytes: number) => void
}

/** One bound in bytes for all that remotes can make a process hold. */
export interface MemoryBudget {
  readonly limit: number
  /** Bytes held now. */
  readonly used: number
  open(options: MemoryAccountOptions): MemoryAccount
  use(): MemoryUse
}

/** @throws TransportError `invalid-argument`. */
export function createMemoryBudget(options: MemoryBudgetOptions = {}): MemoryBudget {
  const { limit = DEFAULT_MEMORY_BUDGET, inboundShare = INBOUND_SHARE, clock = systemClock } = options
  if (!(limit > 0 && inboundShare >= 0 && inboundShare <= 1)) {
    throw new TransportError(
      'invalid-argument',
      `createMemoryBudget: expected a limit above 0 and a share of 0 to 1, got ${limit}, ${inboundShare}`,
    )
  }
  // While we do not run nobody can give anything back.
  return new Budget(limit, inboundShare, runningClock(clock))
}

/** An account that belongs to no budget: it counts, and nothing is refused. */
export function unboundedAccount(rank: MemoryRank = 'protected'): MemoryAccount {
  return new Budget(Number.POSITIVE_INFINITY, 1, systemClock).open({ rank })
}

const RANKS: Readonly<Record<MemoryRank, number>> = { inbound: 0, outbound: 1, protected: 2 }

class Budget implements MemoryBudget {
  readonly limit: number
  /** Up to which room is given. */
  readonly #granted: number
  readonly #inboundGranted: number
  readonly #accounts = new Set<BudgetAccount>()
  readonly #waiting = new Set<BudgetAccount>()
  readonly #byPurpose: Record<MemoryPurpose, number> = {
    handshakes: 0,
    reading: 0,
    serving: 0,
    sending: 0,
    notifications: 0,
    events: 0,
  }
  #used = 0
  #inbound = 0
  #peak = 0
  #evicted = 0
  readonly #clock: Clock
  #cancelReview: CancelTimer | undefined

  constructor(limit: number, inboundShare: number, clock: Clock) {
    this.limit = limit
    this.#granted = Math.floor(limit * (1 - COMMON_SHARE))
    this.#inboundGranted = Math.floor(this.#granted * inboundShare)
    this.#clock = clock
  }

  get used(): number {
    return this.#used
  }

  open({ rank, onEvict }: MemoryAccountOptions): MemoryAccount {
    const account = new BudgetAccount(this, rank, onEvict)
    this.#accounts.add(account)
    return account
  }

  use(): MemoryUse {
    return {
      limit: this.limit,
      used: this.#used,
      peak: this.#peak,
      inbound: this.#inbound,
      byPurpose: { ...this.#byPurpose },
      accounts: this.#accounts.size,
      waiting: this.#waiting.size,
      evicted: this.#evicted,
    }
  }

  count(account: BudgetAccount, purpose: MemoryPurpose, bytes: number): void {
    this.#used += bytes
    this.#byPurpose[purpose] += bytes
    if (account.rank === 'inbound') this.#inbound += bytes
    if (bytes < 0) this.#release()
    else if (this.#used > this.#peak) this.#peak = this.#used
  }

  hasRoom(account: BudgetAccount, bytes: number): boolean {
    if (account.rank === 'protected' || account.held + bytes <= ACCOUNT_FLOOR) return true
    if (this.#used + bytes > this.#granted) return false
    return account.rank !== 'inbound' || this.#inbound + bytes <= this.#inboundGranted
  }

  /** What is there has been counted, and it is too much. */
  relieve(): void {
    const inboundLimit = this.#inboundGranted + this.limit - this.#granted
    while (this.#used > this.limit || this.#inbound > inboundLimit) {
      const largest = this.#largest(this.#used > this.limit ? 'outbound' : 'inbound')
      if (largest === undefined || largest.held <= ACCOUNT_FLOOR || !this.#evict(largest)) return
    }
  }

  wait(account: BudgetAccount, bytes: number): void {
    this.#waiting.add(account)
    const largest = this.#largest(account.rank)
    if (largest !== undefined && largest !== account) {
      const greedy = largest.held > ACCOUNT_FLOOR && largest.held >= GREED * (account.held + bytes)
      if (greedy) this.#evict(largest)
    }
    if (this.#waiting.has(account) && this.#isLively(account)) this.#makeRoomFor(account)
    if (this.#waiting.size > 0)
      this.#cancelReview ??= this.#clock.setTimer(REVIEW_INTERVAL, this.#review, { idle: true })
  }

  /** Given something back, or begun to hold more than everybody may. */
  moved(account: BudgetAccount, given: boolean): void {
    account.movedAt = this.#clock.now()
    if (given) account.gaveAt = account.movedAt
  }

  forget(account: BudgetAccount): void {
    this.#waiting.delete(account)
    this.#accounts.delete(account)
    if (this.#waiting.size === 0) this.#stopReview()
  }

  /** Somebody waits: whoever has given nothing back for too long goes. */
  readonly #review = (): void => {
    this.#cancelReview = undefined
    const now = this.#clock.now()
    for (const account of [...this.#accounts]) {
      if (account.held <= ACCOUNT_FLOOR || now - account.movedAt < MAX_IDLE_HOLDING) continue
      if (this.#standsInTheWay(account)) this.#evict(account)
    }
    for (const account of [...this.#waiting]) {
      if (this.#waiting.has(account) && this.#isLively(account)) this.#makeRoomFor(account)
    }
    if (this.#waiting.size > 0)
      this.#cancelReview ??= this.#clock.setTimer(REVIEW_INTERVAL, this.#review, { idle: true })
  }

  /** Whether it takes what it is given: it has given something back of late. */
  #isLively(account: BudgetAccount): boolean {
    return this.#clock.now() - account.gaveAt < MAX_IDLE_HOLDING
  }

  /**
   * One that takes what it is given does not wait long for those that take nothing: the idlest of them goes.
   */
  #makeRoomFor(waiting: BudgetAccount): void {
    const now = this.#clock.now()
    let idlest: BudgetAccount | undefined
    for (const account of this.#accounts) {
      if (account.rank === 'protected' || RANKS[account.rank] > RANKS[waiting.rank]) continue
      if (account === waiting || account.held <= ACCOUNT_FLOOR) continue
      if (now - account.movedAt < MAX_IDLE_BEFORE_LIVELY) continue
      if (idlest === undefined || account.movedAt < idlest.movedAt) idlest = account
    }
    if (idlest !== undefined) this.#evict(idlest)
  }

  /** Whether another waits that is of its rank or above. */
  #standsInTheWay(account: BudgetAccount): boolean {
    if (account.rank === 'protected') return false
    for (const other of this.#waiting) {
      if (other !== account && RANKS[other.rank] >= RANKS[account.rank]) return true
    }
    return false
  }

  #stopReview(): void {
    this.#cancelReview?.()
    this.#cancelReview = undefined
  }

  /**
   * Room has come free: those who wait for it go on, our own first, of each kind the one that holds least,
   * and before those that never give anything back the one that has done so last.
   */
  #release(): void {
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting].sort(
      (a, b) => RANKS[b.rank] - RANKS[a.rank] || a.held - b.held || b.gaveAt - a.gaveAt,
    )
    let promised = 0
    for (const account of waiting) {
      if (!this.hasRoom(account, promised + account.wanted)) continue
      promised += account.wanted
      this.#waiting.delete(account)
      account.released()
    }
    if (this.#waiting.size === 0) this.#stopReview()
  }

  /** Of the lowest rank that holds anything, and that is not above `rank`: the account that holds most. */
  #largest(rank: MemoryRank): BudgetAccount | undefined {
    let largest: BudgetAccount | undefined
    for (const account of this.#accounts) {
      if (account.rank === 'protected' || RANKS[account.rank] > RANKS[rank] || account.held === 0) continue
      const lower = largest === undefined || RANKS[account.rank] < RANKS[largest.rank]
      if (lower || (account.rank === largest!.rank && account.held > largest!.held)) largest = account
    }
    return largest
  }

  /** @returns whether there was anything to be let go. */
  #evict(account: BudgetAccount): boolean {
    const { held, onEvict } = account
    this.#evicted += 1
    // Closed at once: what its owner lets go of later is not counted on, and nobody is let go twice for the
    // same bytes.
    account.close()
    try {
      onEvict?.(held)
    } catch {
      // Its owner's fault; everybody else goes on.
    }
    return held > 0
  }
}
