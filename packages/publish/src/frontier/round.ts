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
