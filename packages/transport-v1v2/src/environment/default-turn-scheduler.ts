import type { Clock } from './clock.ts'
import { systemClock } from './default-clock.ts'
import { createTurnScheduler, type TurnScheduler, unhurriedScheduler } from './turn-scheduler.ts'

/** The part of the DOM's `MessageChannel` that is used. */
interface Channel {
  readonly port1: { onmessage: (() => void) | null; close(): void }
  readonly port2: { postMessage(message: unknown): void }
}

/** What runtimes have for a turn of their event loop; only Node.js has the first, and some have neither. */
const runtime: {
  readonly setImmediate?: (callback: () => void) => unknown
  readonly MessageChannel?: new () => Channel
} = globalThis as object

/** The event loop of this process: one for all that work in it. */
export const systemScheduler: TurnScheduler = createTurnScheduler({
  now: () => performance.now(),
  later: laterInThisRuntime(),
  after: (callback, milliseconds) => void globalThis.setTimeout(callback, milliseconds),
})

/**
 * The scheduler that goes with a clock: the system's with the system's clock, none with one that stands still
 * during work.
 */
export function schedulerFor(clock: Clock): TurnScheduler {
  return (clock.origin ?? clock) === systemClock ? systemScheduler : unhurriedScheduler
}

function laterInThisRuntime(): (callback: () => void) => void {
  const { setImmediate, MessageChannel } = runtime
  if (setImmediate !== undefined) return (callback) => void setImmediate(callback)
  // A browser holds a timer back for 4 ms, and a message not at all.
  if (MessageChannel !== undefined) return (callback) => throughChannel(new MessageChannel(), callback)
  return (callback) => void globalThis.setTimeout(callback, 0)
}

function throughChannel({ port1, port2 }: Channel, callback: () => void): void {
  port1.onmessage = () => {
    port1.close()
    callback()
  }
  port2.postMessage(undefined)
}
