/**
 * Bytes that every account may hold whatever the others do: a ping passes, and a handshake goes on, in a full
 * house.
 */
export const ACCOUNT_FLOOR = 131_072

/** What bytes are held for. */
export type MemoryPurpose = 'handshakes' | 'reading' | 'serving' | 'sending' | 'notifications' | 'events'

/**
 * Who is refused, and let go, first: those that dialled us, then those that we dialled. What the owner
 * protects (and the owner's own queues) is never refused.
 */
export type MemoryRank = 'inbound' | 'outbound' | 'protected'

/** What one connection holds. Every call is synchronous and cheap; after `close` none does anything. */
export interface MemoryAccount {
  readonly rank: MemoryRank
  /** Bytes held now. */
  readonly held: number
  /** Who is told that the account is to go; the last one that was set. */
  onEvict: ((heldBytes: number) => void) | undefined
  /**
   * Counts bytes that are there already: never refused. Where the budget is exceeded, the largest holder is
   * let go.
   */
  hold(purpose: MemoryPurpose, bytes: number): void
  /**
   * Counts bytes that are not there yet. @returns false, and counts nothing, where there is no room for them.
   */
  take(purpose: MemoryPurpose, bytes: number): boolean
  /** Gives bytes back. */
  give(purpose: MemoryPurpose, bytes: number): void
  /**
   * What has to be waited for before `bytes` more may be held: undefined where they may be now. Of those that
   * wait, the one that holds least goes first. The room is not kept: ask again once it resolves. Resolves
   * also when the account is closed.
   */
  room(bytes: number): Promise<void> | undefined
  /** Gives back all that is held. */
  close(): void
}

/** What an account asks of its budget, and tells it. */
interface AccountBudget {
  /** Bytes have been taken, or given back where there are less than none. */
  count(account: BudgetAccount, purpose: MemoryPurpose, bytes: number): void
  hasRoom(account: BudgetAccount, bytes: number): boolean
  /** What is there has been counted, and it may be too much. */
  relieve(): void
  /** It waits until `released` is called. */
  wait(account: BudgetAccount, bytes: number): void
  /** Given something back, or begun to hold more than everybody may. */
  moved(account: BudgetAccount, given: boolean): void
  forget(account: BudgetAccount): void
}

/** An account of a budget, which decides what it may hold. */
export class BudgetAccount implements MemoryAccount {
  readonly rank: MemoryRank
  readonly #budget: AccountBudget
  readonly #held = new Map<MemoryPurpose, number>()
  onEvict: ((heldBytes: number) => void) | undefined
  held = 0
  /** Bytes that it waits for. */
  wanted = 0
  /** When it last gave something back, or began to hold more than everybody may. */
  movedAt: number = Number.NEGATIVE_INFINITY
  /** When it last gave something back. */
  gaveAt: number = Number.NEGATIVE_INFINITY
  #waiters: (() => void)[] = []
  #closed = false

  constructor(budget: AccountBudget, rank: MemoryRank, onEvict: ((heldBytes: number) => void) | undefined) {
    this.#budget = budget
    this.rank = rank
    this.onEvict = onEvict
  }

  hold(purpose: MemoryPurpose, bytes: number): void {
    if (this.#closed || bytes <= 0) return
    this.#count(purpose, bytes)
    this.#budget.relieve()
  }

  take(purpose: MemoryPurpose, bytes: number): boolean {
    if (this.#closed || !this.#budget.hasRoom(this, bytes)) return false
    if (bytes > 0) this.#count(purpose, bytes)
    return true
  }

  give(purpose: MemoryPurpose, bytes: number): void {
    const given = Math.min(bytes, this.#held.get(purpose) ?? 0)
    if (given > 0) this.#count(purpose, -given)
  }

  room(bytes: number): Promise<void> | undefined {
    if (this.#closed || this.#budget.hasRoom(this, bytes)) return undefined
    this.wanted = Math.max(this.wanted, bytes)
    const room = new Promise<void>((resolve) => this.#waiters.push(resolve))
    this.#budget.wait(this, bytes)
    return room
  }

  /** The budget has room for it. */
  released(): void {
    this.wanted = 0
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#budget.forget(this)
    for (const [purpose, bytes] of [...this.#held]) this.give(purpose, bytes)
    this.released()
  }

  #count(purpose: MemoryPurpose, bytes: number): void {
    const before = this.held
    this.held += bytes
    if (bytes < 0 || (before <= ACCOUNT_FLOOR && this.held > ACCOUNT_FLOOR)) {
      this.#budget.moved(this, bytes < 0)
    }
    this.#held.set(purpose, (this.#held.get(purpose) ?? 0) + bytes)
    this.#budget.count(this, purpose, bytes)
  }
}
