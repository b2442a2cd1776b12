import type { Message } from '@sapwood/wire-codec'

/**
 * What handling a message costs: microseconds of our work, for the message and for each byte of its payload.
 */
interface WorkCost {
  readonly base: number
  readonly perByte: number
}

/**
 * Framing, decoding, a notification; and as much for each byte as lets a megabyte a second pass at 5 % of our
 * time.
 */
const DEFAULT_COST: WorkCost = { base: 10, perByte: 0.05 }

/**
 * Costs that differ: fixed figures, near what floods of each type were seen to cost a node, so that a run
 * repeats for its seed. What is served is counted by its looking up, not by its bytes: those are paced by the
 * remote's reading.
 */
const costs: Partial<Record<Message['type'], WorkCost>> = {
  // Proof of work for each.
  headers: { base: 30, perByte: 0.15 },
  tx: { base: 100, perByte: 0.05 },
  block: { base: 100, perByte: 0.05 },
  inv: { base: 10, perByte: 0.1 },
  notfound: { base: 10, perByte: 0.1 },
  // A look for each entry.
  getdata: { base: 10, perByte: 0.15 },
  // Up to 2,000 headers written.
  getheaders: { base: 1_000, perByte: 0.05 },
  getblocks: { base: 500, perByte: 0.05 },
  getcfilters: { base: 1_000, perByte: 0.05 },
  getcfheaders: { base: 500, perByte: 0.05 },
  getcfcheckpt: { base: 500, perByte: 0.05 },
  getblocktxn: { base: 500, perByte: 0.1 },
  // As an entry of a getdata for blocks: a node without coins asks for the proofs of all blocks at once,
  // 50,000 of them. What answering takes is paced by the remote's reading, and in turns.
  getuproof: { base: 20, perByte: 0.05 },
  geturoot: { base: 20, perByte: 0.05 },
  // A look through the pool for each.
  cmpctblock: { base: 1_000, perByte: 0.1 },
  // Those beyond the rate are not decoded.
  addr: { base: 20, perByte: 0.02 },
  addrv2: { base: 20, perByte: 0.02 },
}

const costByType: ReadonlyMap<string, WorkCost> = new Map(Object.entries(costs))

/** Microseconds that a message of `type` costs us, as they are counted. */
export function workOf(type: string, payloadBytes: number): number {
  const { base, perByte } = costByType.get(type) ?? DEFAULT_COST
  return base + perByte * payloadBytes
}
