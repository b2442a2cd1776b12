const PER_MILLISECOND = 1_000_000

/** What NATS counts time in, and peer-observer the round trips of pings. */
export function inNanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * PER_MILLISECOND)
}
