import { type BlockHash, hashToHex, txid } from '@sapwood/wire-codec'
import type { NodeHandle } from '@sapwood/node'

/** A program that follows the blocks from one height on and holds them against what following promises. */
export class ChainFollower {
  readonly #from: number
  /** As the node tells it now: the hash at `from`, at the next height, … */
  readonly hashes: string[] = []
  /** Of the transactions in them, and in those that were taken back. */
  readonly seen: Set<string> = new Set()
  reorgs = 0
  fault: Error | undefined
  readonly ended: Promise<void>

  constructor(node: NodeHandle, from: number) {
    this.#from = from
    this.ended = this.#read(node)
  }

  get height(): number {
    return this.#from + this.hashes.length - 1
  }

  async #read(node: NodeHandle): Promise<void> {
    try {
      for await (const item of node.blocks.follow({ from: this.#from })) {
        if (item.type === 'reorg') {
          this.reorgs++
          for (const { height, hash } of item.change.disconnected) this.#takeBack(height, hash)
          continue
        }
        const { height, hash, block } = item
        const parent = hashToHex(block.header.previousBlockHash)
        if (height !== this.height + 1 || (this.hashes.length > 0 && parent !== this.hashes.at(-1)))
          throw new RangeError(`block ${height} came after block ${this.height}`)
        this.hashes.push(hashToHex(hash))
        for (const transaction of block.transactions) this.seen.add(hashToHex(txid(transaction)))
      }
    } catch (error) {
      this.fault = error instanceof Error ? error : new Error(String(error))
    }
  }

  /**
   * Blocks that are taken back before they were delivered, or that lie below what was asked for,
   * concern nobody.
   */
  #takeBack(height: number, hash: BlockHash): void {
    if (height > this.height || height < this.#from) return
    if (height < this.height || this.hashes.at(-1) !== hashToHex(hash))
      throw new RangeError(`block ${height} was taken back at height ${this.height}`)
    this.hashes.pop()
  }
}
