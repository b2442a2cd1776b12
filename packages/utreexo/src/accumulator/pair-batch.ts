import { HASH_SIZE } from '@sapwood/wire-codec'
import { hashes } from '../crypto/hash-backend.ts'
import { MAX_PAIRS } from '../crypto/hashes.ts'
import { copyHash } from './hash-list.ts'
import type { NodePool } from './node-pool.ts'

/**
 * Hashes of nodes that follow each other in their pool, many at once:
 * a call of the backend costs more than one hash.
 */
export class PairBatch {
  readonly #pool: NodePool
  readonly #pairs = new Uint8Array(MAX_PAIRS * 2 * HASH_SIZE)
  #first = 0
  #count = 0

  constructor(pool: NodePool) {
    this.#pool = pool
  }

  /**
   * The hash of `node` from those of its children, which must be known: after `flush`.
   * Each node stands behind the one before.
   */
  add(node: number, left: number, right: number): void {
    if (this.#count === 0) this.#first = node
    const { hashes: known } = this.#pool
    const at = this.#count++ * 2 * HASH_SIZE
    copyHash(known, left * HASH_SIZE, this.#pairs, at)
    copyHash(known, right * HASH_SIZE, this.#pairs, at + HASH_SIZE)
    if (this.#count === MAX_PAIRS) this.flush()
  }

  /** Computes what has been added. */
  flush(): void {
    if (this.#count > 0)
      hashes().hashPairs(this.#pairs, this.#count, this.#pool.hashes, this.#first * HASH_SIZE)
    this.#count = 0
  }
}
