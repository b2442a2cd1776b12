import { holdsMuchMore } from '@sapwood/transport-v1v2/environment'
import { blockBytes, decodeBlock } from '@sapwood/wire-codec'
import type { DownloadedBlock } from './block-download-action.ts'

/**
 * The same block in bytes of its own, where the chunk that it came in is more than twice as large: a block of
 * 300 bytes that waits for those before it would keep alive whatever its sender put around it.
 */
export function inOwnBytes(block: DownloadedBlock): DownloadedBlock {
  const bytes = blockBytes(block.block)
  if (!holdsMuchMore(bytes)) return block
  return { ...block, block: decodeBlock(bytes.slice()) }
}
