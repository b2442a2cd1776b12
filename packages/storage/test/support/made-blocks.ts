import { blockHash, encodeHeader, regtest } from '@sapwood/wire-codec'
import type { BlockToStore } from '@sapwood/node'

/** What stands for a block where nobody looks behind its header: its height gives its size and content. */
export function madeBlock(height: number, size: number = 200 + ((height * 7919) % 3_000)): BlockToStore {
  const header = { ...regtest.genesis, nonce: height }
  const bytes = new Uint8Array(size).map((_, index) => (height * 31 + index * 17) & 0xff)
  bytes.set(encodeHeader(header))
  return { height, hash: blockHash(header), bytes }
}

export function madeBlocks(from: number, to: number, size?: number): BlockToStore[] {
  return Array.from({ length: to - from + 1 }, (_, index) => madeBlock(from + index, size))
}
