import { type BlockHash, decodeBlock } from '@sapwood/wire-codec'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { DeliveredBlock } from './block-download-action.ts'
import type { BlockStore } from './block-store.ts'

export interface StoredBlockComponents {
  readonly store: BlockStore
  readonly chain: HeaderChain
  readonly logger: Logger
}

/** Blocks of the header chain that are in the block store. A store that fails is one that has none. */
export class StoredBlockReader {
  readonly #parts: StoredBlockComponents

  constructor(components: StoredBlockComponents) {
    this.#parts = components
  }

  /** The block of the best chain at a height. */
  async at(height: number): Promise<DeliveredBlock | undefined> {
    const hash = this.#parts.chain.hashAt(height)
    return hash === undefined ? undefined : await this.get(hash)
  }

  async get(hash: BlockHash): Promise<DeliveredBlock | undefined> {
    const { store, chain, logger } = this.#parts
    const height = chain.heightOf(hash)
    if (height === undefined) return undefined
    try {
      const bytes = await store.get(hash)
      return bytes && { height, hash, block: decodeBlock(bytes), size: bytes.length }
    } catch (error) {
      logger.error({ err: error, height }, 'a stored block could not be read, and is fetched')
      return undefined
    }
  }

  /** Puts a block back that ought to be there, and was not. */
  async repair({ height, hash }: DeliveredBlock, bytes: Uint8Array): Promise<void> {
    const { store, logger } = this.#parts
    const { range } = store.stored()
    if (range === undefined || height < range.from || height > range.tip.height) return
    try {
      await store.append([{ height, hash, bytes }])
    } catch (error) {
      logger.error({ err: error, height }, 'a block could not be stored')
    }
  }
}
