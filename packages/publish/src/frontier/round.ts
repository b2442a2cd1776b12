const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Which round it is, and when it began. */
export interface Round {
  /** From 1 on. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly began: number
  /** Its addresses are still being put into the queue; whoever finds the queue empty goes on with that. */
  readonly filling?: boolean
}

/** As a store keeps it: JSON in UTF-8. */
export function encodeRound(round: Round): Uint8Array {
  return encoder.encode(JSON.stringify(round))
}

/** @returns undefined where nothing was kept, or what was kept does not read back. */
export function decodeRound(bytes: Uint8Array | undefined): Round | undefined {
  if (bytes === undefined) return undefined
  try {
    const round = JSON.parse(decoder.decode(bytes)) as Round
    return Number.isSafeInteger(round.number) && Number.isFinite(round.began) ? round : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the next round may begin, by a clock that need not be that of whoever began this one. What is said
 * to have begun further ahead than a round is long was said by a clock that was wrong: nobody waits for it.
 * @param now milliseconds since 1970. @param after milliseconds from the beginning of a round to the next.
 */
export function isDue({ began }: Round, now: number, after: number): boolean {
  return Math.abs(now - began) >= after
}
