import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import type { Clock } from '../environment/clock.ts'
import { abortReason } from '../environment/until-aborted.ts'
import { abortStream } from './abort-stream.ts'
import type { ByteStream } from './byte-stream.ts'

/**
 * Milliseconds after which the next address is tried beside the ones under way (RFC 8305 has 250, for people
 * who wait).
 */
export const DIAL_STAGGER = 500

/** Addresses of one name that are tried, at most (Core, `ConnectNode`). */
export const MAX_ADDRESSES_PER_NAME = 256

/** What a race of dials goes by. */
export interface RaceComponents {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Dials addresses of one peer a moment apart, the next at once where one fails, and keeps the first stream
 * that opens: an address that swallows packets costs a moment, not the whole attempt.
 * @param dial has to leave nothing open when its signal aborts.
 * @throws the last address's error where none opens; the signal's reason.
 */
export function raceDials<Target>(
  targets: readonly Target[],
  dial: (target: Target, signal: AbortSignal) => Promise<ByteStream>,
  components: RaceComponents,
): Promise<ByteStream> {
  return raceToOpen(targets, dial, abortStream, components)
}

/**
 * `raceDials` for whatever a dial opens.
 * @param discard lets go of what opened after another had.
 */
export function raceToOpen<Target, Opened>(
  targets: readonly Target[],
  dial: (target: Target, signal: AbortSignal) => Promise<Opened>,
  discard: (late: Opened, reason: Error) => void,
  { clock, signal }: RaceComponents,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const losers = new AbortController()
    let next = 0
    let underWay = 0
    let settled = false
    let cancelTimer = (): void => undefined
    const settle = (finish: () => void): void => {
      if (settled) return
      settled = true
      cancelTimer()
      removeAbortListener(signal, onAbort)
      finish()
      losers.abort(
        signal.aborted ? abortReason(signal) : new Error('Another address of the peer was quicker'),
      )
    }
    const onAbort = (): void => settle(() => reject(abortReason(signal)))
    const failed = (error: unknown): void => {
      underWay -= 1
      if (next < targets.length) startNext()
      else if (underWay === 0) settle(() => reject(error instanceof Error ? error : new Error(String(error))))
    }
    const opened = (winner: Opened): void => {
      if (settled) discard(winner, new Error('Another address of the peer was quicker'))
      else settle(() => resolve(winner))
    }
    const startNext = (): void => {
      if (settled) return
      cancelTimer()
      const target = targets[next++]!
      underWay += 1
      dial(target, losers.signal).then(opened, failed)
      if (next < targets.length) cancelTimer = clock.setTimer(DIAL_STAGGER, startNext)
    }
    if (signal.aborted) return onAbort()
    addAbortListener(signal, onAbort)
    startNext()
  })
}
