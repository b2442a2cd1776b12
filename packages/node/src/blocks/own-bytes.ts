import { decodeBlock } from '@sapwood/wire-codec'
import type { DeliveredBlock } from './block-download-types.ts'

/** Bytes of a chunk beyond those of a block that the block may keep alive. */
const MAX_SLACK_BYTES = 4_096

/**
 * The same block in bytes of its own, where the chunk that it came in is more than twice as large: a block of 300 bytes that waits for those
 * before it would keep alive whatever its sender put around it.
 */
export function inOwnBytes(block: DeliveredBlock): DeliveredBlock {
  const { payload } = block
  if (payload === undefined || payload.buffer.byteLength <= 2 * payload.length + MAX_SLACK_BYTES) return block
  const own = payload.slice()
  return { ...block, block: decodeBlock(own), payload: own }
}
