import type { Network } from '@sapwood/wire-codec'
import type { BlockStore } from '@sapwood/node'

/** How many blocks are kept: all; the last `last`; or about `bytes` bytes of the last. Never under 288. */
export type BlocksToKeep = 'all' | { readonly last: number } | { readonly bytes: number }

/** Which chain is kept, and how much of it. */
export interface BlockStoreOptions {
  readonly network: Network
  /** Default: `all`. What is pruned goes file by file, from the oldest on, and leaves 288 blocks at least. */
  readonly keep?: BlocksToKeep
  /**
   * Bytes of a file, at most 2,147,483,648. Default: 134,217,728 as in Bitcoin Core (`MAX_BLOCKFILE_SIZE`);
   * where blocks are pruned 16,777,216, so that about as many are kept as was said.
   */
  readonly fileSize?: number
}

/** Blocks in files of Bitcoin Core's form. */
export interface FileBlockStore extends BlockStore, AsyncDisposable {
  /** Blocks that did not read back as they were written, since the store was opened. */
  readonly damaged: number
  /**
   * Copies all that is stored into another folder, as `blk*.dat` with an `xor.dat` of zeros, which Bitcoin
   * Core reads with `-reindex`.
   * @returns how many files.
   * @throws NodeError `store-full`, `store-foreign` where the folder has such files already; none are left
   * there then that were not before.
   */
  exportTo(folder: string): Promise<number>
  /** Waits for what is being written, and lets go of the folder. */
  close(): Promise<void>
}
