import { setImmediate } from 'node:timers/promises'
import type { VirtualClock } from '@sapwood/transport-v1v2/testing'

/** Turns of the event loop after which what has not settled waits for time to pass. */
const TURNS = 20

/** Moves the clock on, from timer to timer, until a promise has settled. */
export async function settledOn<T>(clock: VirtualClock, waiting: Promise<T>): Promise<T> {
  const settled = new Set<Promise<T>>()
  const settle = (): void => void settled.add(waiting)
  waiting.then(settle, settle)
  for (;;) {
    for (let turn = 0; turn < TURNS && settled.size === 0; turn++) await setImmediate()
    if (settled.size > 0) return await waiting
    await clock.advanceToNextTimer()
  }
}
