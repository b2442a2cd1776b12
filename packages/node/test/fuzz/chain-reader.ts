import { type BlockHash, blockHash, bytesEqual, regtest } from '@sapwood/wire-codec'
import type { NodeHandle } from '../../src/index.ts'

/**
 * A program that follows the blocks, and holds them against the rules of following: in order,
 * each on the last.
 */
export class ChainReader {
  /** From height 1 on, as the node tells it now. */
  readonly hashes: BlockHash[] = []
  ended = false
  fault: string | undefined

  constructor(node: NodeHandle) {
    void this.#read(node)
  }

  async #read(node: NodeHandle): Promise<void> {
    try {
      for await (const item of node.blocks.follow({ from: 1 })) {
        if (item.type === 'reorg') {
          for (const { height, hash } of item.change.disconnected) {
            const last = this.hashes[height - 1]
            if (last === undefined) continue
            if (height !== this.hashes.length || !bytesEqual(last, hash))
              throw new RangeError(`Block ${height} was taken back at height ${this.hashes.length}`)
            this.hashes.pop()
          }
          continue
        }
        const { height, hash, block } = item
        const parent = this.hashes.at(-1) ?? regtest.genesisHash
        if (height !== this.hashes.length + 1 || !bytesEqual(block.header.previousBlockHash, parent))
          throw new RangeError(`Block ${height} came at height ${this.hashes.length}`)
        if (!bytesEqual(blockHash(block.header), hash)) throw new RangeError(`Block ${height} is another`)
        this.hashes.push(hash)
      }
    } catch (error) {
      if (error instanceof RangeError) this.fault = error.message
    } finally {
      this.ended = true
    }
  }
}
