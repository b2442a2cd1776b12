/**
 * Milliseconds of the event loop that a chunk costs before it is looked at, and each of its bytes: the socket
 * is read, the memory found, and collected in the end.
 */
const CHUNK_COST = 0.02
const BYTE_COST = 2e-6

/** Milliseconds that a chunk of a stream costs whoever reads it, before anything is done with it. */
export function chunkCost(chunk: Uint8Array): number {
  return CHUNK_COST + BYTE_COST * chunk.length
}

/** Milliseconds that bytes cost whoever they are sent to, beside what made them. */
export function writeCost(bytes: number): number {
  return BYTE_COST * bytes
}
