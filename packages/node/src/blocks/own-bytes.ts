import { blockBytes, decodeBlock } from '@sapwood/wire-codec'
import type { DownloadedBlock } from './block-download-action.ts'

/** Bytes of a chunk beyond those of a block that the block may keep alive. */
const MAX_SLACK_BYTES = 4_096

/**
 * The same block in bytes of its own, where the chunk that it came in is more than twice as large: a block of
 * 300 bytes that waits for those before it would keep alive whatever its sender put around it.
 */
export function inOwnBytes(block: DownloadedBlock): DownloadedBlock {
  const bytes = blockBytes(block.block)
  if (bytes.buffer.byteLength <= 2 * bytes.length + MAX_SLACK_BYTES) return block
  return { ...block, block: decodeBlock(bytes.slice()) }
}
