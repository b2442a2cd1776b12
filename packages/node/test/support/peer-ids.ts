import { type PeerId, peerId } from '@sapwood/peer'
import type { Instant, Random, WallTime } from '@sapwood/transport-v1v2/environment'

export const alice: PeerId = peerId(1)
export const bob: PeerId = peerId(2)
export const carol: PeerId = peerId(3)

/** A time in the middle of 2026, for tests that need one. */
export const NOON = 1_780_000_000_000 as Instant & WallTime

/** The time of day on a clock that nobody sets. */
export const wallTime = (at: Instant): WallTime => at as Instant & WallTime

export function after(milliseconds: number, start: Instant = NOON): Instant & WallTime {
  return (start + milliseconds) as Instant & WallTime
}

/** The same bytes for the same seed. */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state & 0xff
  }
  return { bytes: (length) => Uint8Array.from({ length }, next) }
}
