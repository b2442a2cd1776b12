import type { Clock, Instant, WallTime } from '../environment/clock.ts'
import { settleMicrotasks } from './default-settle.ts'

/** Where a virtual clock starts unless told: 2026-01-01T00:00:00Z. */
export const DEFAULT_VIRTUAL_START = 1_767_225_600_000

/** What a virtual clock shows at first. */
export interface VirtualClockOptions {
  /** First reading, of both clocks, milliseconds since 1970. Default: `DEFAULT_VIRTUAL_START`. */
  readonly start?: number
  /** How far the time of day is ahead of `now` at the beginning. Default: 0. */
  readonly wallOffset?: number
  /** Waits until the work that a timer set off has come to rest. Default: one turn of the event loop. */
  readonly settle?: () => Promise<void>
}

/** A clock that stands still until it is told to move. */
export interface VirtualClock extends Clock {
  /**
   * Moves time forward. Timers fire in the order of their due times (those of one instant in the order they
   * were set), each seeing its own due time as `now`, and promise callbacks settle before the first, between
   * any two and after the last; timers that those set are fired too when they fall due within the span.
   */
  advance(milliseconds: number): Promise<void>
  /**
   * Moves time forward while nothing runs, as for a process that is stopped or a machine that sleeps: timers
   * that fall due fire late, at the next `advance`.
   */
  skip(milliseconds: number): void
  /** Moves to the next timer and fires it. @returns false when there is none. */
  advanceToNextTimer(): Promise<boolean>
  /** Sets the time of day forward, or back where it is negative; no timer moves, and `now` does not. */
  stepWallTime(milliseconds: number): void
  /** Timers not fired and not cancelled: 0 once everything under test has let go. */
  readonly pendingTimers: number
}

interface Timer {
  readonly due: number
  readonly sequence: number
  readonly callback: () => void
  cancelled: boolean
}

/**
 * Creates a clock for tests and simulations: the same calls give the same order of events, every time.
 * @example
 * const clock = createVirtualClock()
 * let rang = false
 * clock.setTimer(60_000, () => (rang = true))
 * await clock.advance(60_000)
 * rang // true
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const settle = options.settle ?? settleMicrotasks
  const timers: Timer[] = []
  let now = options.start ?? DEFAULT_VIRTUAL_START
  let wallOffset = options.wallOffset ?? 0
  let sequence = 0
  let pending = 0

  const nextTimer = (): Timer | undefined => {
    while (timers[0]?.cancelled === true) popTimer(timers)
    return timers[0]
  }
  const fire = (timer: Timer): void => {
    popTimer(timers)
    timer.cancelled = true
    pending -= 1
    now = Math.max(now, timer.due)
    timer.callback()
  }

  return {
    now: () => now as Instant,
    wallTime: (at) => ((at ?? now) + wallOffset) as WallTime,
    stepWallTime: (milliseconds) => {
      wallOffset += milliseconds
    },
    setTimer: (milliseconds, callback) => {
      const timer: Timer = {
        due: now + Math.max(0, milliseconds),
        sequence: sequence++,
        callback,
        cancelled: false,
      }
      pushTimer(timers, timer)
      pending += 1
      return () => {
        if (timer.cancelled) return
        timer.cancelled = true
        pending -= 1
      }
    },
    advance: async (milliseconds) => {
      const end = now + milliseconds
      await settle()
      for (let timer = nextTimer(); timer !== undefined && timer.due <= end; timer = nextTimer()) {
        fire(timer)
        await settle()
      }
      now = Math.max(now, end)
    },
    skip: (milliseconds) => {
      now += milliseconds
    },
    advanceToNextTimer: async () => {
      await settle()
      const timer = nextTimer()
      if (timer === undefined) return false
      fire(timer)
      await settle()
      return true
    },
    get pendingTimers() {
      return pending
    },
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.sequence < b.sequence)
}

/** Binary heap, earliest first: a simulated network holds tens of thousands of timers. */
function pushTimer(heap: Timer[], timer: Timer): void {
  let index = heap.push(timer) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(timer, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = timer
}

function popTimer(heap: Timer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
    if (!before(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
}
