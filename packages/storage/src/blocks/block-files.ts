import { constants, copyFile, type FileHandle, open, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BlockHash,
  blockHash,
  bytesToHex,
  concatBytes,
  decodeHeader,
  encodeBlock,
  genesisBlock,
  HEADER_SIZE,
  type Network,
} from '@sapwood/wire-codec'
import {
  type BlockToStore,
  makeFolder,
  NODE_NETWORK_LIMITED_MIN_BLOCKS,
  NodeError,
  type OpenStore,
  type StoredBlocks,
  type StoredRange,
  storeError,
} from '@sapwood/node'
import {
  blockFileName,
  FRAME_HEADER_SIZE,
  frameHeader,
  frameSize,
  MAX_BLOCK_SERIALIZED_SIZE,
} from '../files/block-frame.ts'
import { OpenFiles } from '../files/open-files.ts'
import { writeAll } from '../files/write-all.ts'
import { blockChecksum, hasChecksum } from './block-checksum.ts'
import type { BlockIndex, BlockPlace, FileFacts } from './block-index.ts'
import type { BlocksToKeep, FileBlockStore } from './block-store-options.ts'
import { blockFilesIn } from './block-files-in.ts'

export interface BlockFilesParts {
  readonly folder: string
  readonly network: Network
  readonly keep: BlocksToKeep
  readonly fileSize: number
  readonly store: OpenStore
  readonly index: BlockIndex
  readonly files: FileFacts[]
  readonly range: StoredRange | undefined
}

/** The files and their index as one: writes go one after another, reads beside them. */
export class BlockFiles implements FileBlockStore {
  readonly keepsLast: number
  damaged = 0
  readonly #parts: BlockFilesParts
  readonly #reading = new OpenFiles()
  /** In the order of their numbers; the last is written to. */
  readonly #files: FileFacts[]
  #range: StoredRange | undefined
  #writer: { readonly number: number; readonly handle: FileHandle } | undefined
  /** Settles with the last write, never rejects. */
  #lastWrite: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(parts: BlockFilesParts) {
    this.#parts = parts
    this.#files = [...parts.files]
    this.#range = parts.range
    this.keepsLast = keepsLast(parts.keep)
  }

  async has(hash: BlockHash): Promise<boolean> {
    return (await this.#parts.index.find(hash)) !== undefined
  }

  async get(hash: BlockHash): Promise<Uint8Array | undefined> {
    const { index } = this.#parts
    const place = await index.find(hash)
    if (place === undefined) return undefined
    let bytes: Uint8Array | undefined
    try {
      bytes = await this.#reading.use(this.#pathOf(place.file), (file) => readAt(file, place))
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== 'ENOENT')
        throw storeError('A block cannot be read.', cause, { detail: bytesToHex(hash) })
      // Pruned since it was looked up.
      if (!(await this.has(hash))) return undefined
    }
    if (bytes !== undefined && hasChecksum(bytes, place.checksum)) return bytes
    return (await this.#dropDamaged(hash, place)) ? undefined : this.get(hash)
  }

  /** @returns false where another has put the block back meanwhile: what is there now was not looked at. */
  #dropDamaged(hash: BlockHash, seen: BlockPlace): Promise<boolean> {
    return this.#inTurn(async () => {
      const place = await this.#parts.index.find(hash)
      // Others who read it at the same time have found the same damage.
      if (place === undefined) return true
      if (place.file !== seen.file || place.position !== seen.position) return false
      this.damaged += 1
      await this.#parts.index.forget(hash)
      return true
    })
  }

  append(blocks: readonly BlockToStore[], range?: StoredRange): Promise<void> {
    return this.#inTurn(async () => {
      const fresh = await this.#fresh(blocks)
      try {
        await this.#append(fresh, range)
      } catch (cause) {
        throw storeError('The blocks could not be written.', cause)
      }
      await this.#prune()
    })
  }

  stored(): StoredBlocks {
    const sum = (of: 'blocks' | 'end'): number => this.#files.reduce((total, file) => total + file[of], 0)
    return {
      ...(this.#range !== undefined && { range: this.#range }),
      blocks: sum('blocks'),
      bytes: sum('end'),
    }
  }

  exportTo(folder: string): Promise<number> {
    return this.#inTurn(async () => {
      try {
        await makeFolder(folder)
        if ((await blockFilesIn(folder)).length > 0)
          throw new NodeError('store-foreign', `There are blocks in ${folder} already.`, { detail: folder })
        return await this.#copyTo(folder)
      } catch (cause) {
        throw storeError(`The blocks cannot be exported to ${folder}.`, cause, { detail: folder })
      }
    })
  }

  /** All files, or none: half of them would stand in the way of the next try. */
  async #copyTo(folder: string): Promise<number> {
    const made: string[] = []
    const pathOfNext = (): string => {
      const path = join(folder, blockFileName(made.length))
      made.push(path)
      return path
    }
    try {
      await writeFile(pathOfNext(), this.#genesisFrame())
      for (const { number, end } of this.#files) {
        const target = pathOfNext()
        await copyFile(this.#pathOf(number), target, constants.COPYFILE_EXCL)
        // What stands behind it was never acknowledged.
        await truncate(target, end)
      }
      await writeFile(join(folder, 'xor.dat'), new Uint8Array(8))
      return made.length
    } catch (error) {
      await Promise.allSettled(made.map((path) => unlink(path)))
      throw error
    }
  }

  /** No peer is asked for it, but Core takes no block before it. */
  #genesisFrame(): Uint8Array {
    const { network } = this.#parts
    const bytes = encodeBlock(genesisBlock(network))
    return concatBytes(frameHeader(network.magic, bytes.length), bytes)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#lastWrite
    this.#reading.close()
    try {
      await this.#writer?.handle.sync()
    } catch (cause) {
      throw storeError('The last blocks could not be written.', cause)
    } finally {
      await this.#writer?.handle.close().catch(() => undefined)
      await this.#parts.store.close()
    }
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined)
      return Promise.reject(new NodeError('store-failed', 'The blocks have been closed.'))
    const done = this.#lastWrite.then(action)
    this.#lastWrite = done.catch(() => undefined)
    return done
  }

  /** Those that are not there yet, each once. */
  async #fresh(blocks: readonly BlockToStore[]): Promise<readonly BlockToStore[]> {
    const found = await Promise.all(blocks.map(({ hash }) => this.has(hash)))
    const seen = new Set<string>()
    return blocks.filter(({ hash }, index) => {
      const key = bytesToHex(hash)
      if (found[index] === true || seen.has(key)) return false
      seen.add(key)
      return true
    })
  }

  async #append(blocks: readonly BlockToStore[], range: StoredRange | undefined): Promise<void> {
    let file = this.#files.at(-1) ?? emptyFile(0)
    let first = 0
    let end = file.end
    for (const [index, { bytes }] of blocks.entries()) {
      if (end > 0 && end + FRAME_HEADER_SIZE + bytes.length > this.#parts.fileSize) {
        if (index > first) await this.#write(file, blocks.slice(first, index), this.#range)
        await this.#finishFile()
        file = emptyFile(file.number + 1)
        first = index
        end = 0
      }
      end += FRAME_HEADER_SIZE + bytes.length
    }
    const next = range ?? this.#range
    if (first < blocks.length) await this.#write(file, blocks.slice(first), next)
    else if (range !== undefined) await this.#parts.index.mark(range)
    this.#range = next
  }

  /** Writes blocks into one file, then notes them: what is noted is there. */
  async #write(
    file: FileFacts,
    blocks: readonly BlockToStore[],
    range: StoredRange | undefined,
  ): Promise<void> {
    const { index, network } = this.#parts
    const pieces = blocks.flatMap(({ bytes }) => [frameHeader(network.magic, bytes.length), bytes])
    const handle = await this.#open(file)
    const writing = writeAll(handle, pieces, file.end)
    // Awaited below, after what the processor does while the disk writes.
    writing.catch(() => undefined)
    let { end, highest } = file
    const places = blocks.map(({ hash, height, bytes }): [BlockHash, BlockPlace] => {
      const position = end + FRAME_HEADER_SIZE
      end = position + bytes.length
      highest = Math.max(highest, height)
      return [
        hash,
        { file: file.number, position, size: bytes.length, checksum: blockChecksum(bytes), height },
      ]
    })
    const after = { number: file.number, end, blocks: file.blocks + blocks.length, highest }
    try {
      await writing
      await index.write({ places, file: after, range })
    } catch (error) {
      // Of no use to anybody, and it may be what fills the disk.
      await handle.truncate(file.end).catch(() => undefined)
      throw error
    }
    if (this.#files.at(-1)?.number === file.number) this.#files.pop()
    this.#files.push(after)
  }

  async #open({ number, end }: FileFacts): Promise<FileHandle> {
    if (this.#writer?.number === number) return this.#writer.handle
    await this.#finishFile()
    const handle = await open(this.#pathOf(number), end === 0 ? 'w' : 'r+')
    this.#writer = { number, handle }
    return handle
  }

  /** A file that is full is on the disk before the next is begun. */
  async #finishFile(): Promise<void> {
    const handle = this.#writer?.handle
    if (handle === undefined) return
    await handle.sync()
    this.#writer = undefined
    await handle.close()
  }

  async #prune(): Promise<void> {
    for (let file = this.#files[0]; file !== undefined && this.#isToGo(file); file = this.#files[0]) {
      const { number, highest } = file
      const path = this.#pathOf(number)
      const range = this.#range && { ...this.#range, from: Math.max(this.#range.from, highest + 1) }
      try {
        const hashes = await this.#hashesIn(file)
        await this.#parts.index.dropFile(number, hashes, range)
        this.#files.shift()
        this.#range = range
        this.#reading.forget(path)
        await unlink(path)
      } catch (cause) {
        throw storeError('Old blocks could not be removed.', cause)
      }
    }
  }

  #isToGo({ highest }: FileFacts): boolean {
    const { keep } = this.#parts
    if (keep === 'all' || this.#files.length < 2) return false
    const top = this.#range?.tip.height ?? this.#files.reduce((most, file) => Math.max(most, file.highest), 0)
    if (highest > top - NODE_NETWORK_LIMITED_MIN_BLOCKS) return false
    return 'last' in keep ? highest <= top - keep.last : this.stored().bytes > keep.bytes
  }

  /** Of all blocks of a file, by their headers. */
  #hashesIn({ number, end }: FileFacts): Promise<BlockHash[]> {
    return this.#reading.use(this.#pathOf(number), async (file) => {
      const hashes: BlockHash[] = []
      const head = new Uint8Array(FRAME_HEADER_SIZE + HEADER_SIZE)
      for (let position = 0; position < end; ) {
        await file.read(head, 0, head.length, position)
        const size = frameSize(head, this.#parts.network.magic)
        if (size === undefined) break
        hashes.push(blockHash(decodeHeader(head.subarray(FRAME_HEADER_SIZE))))
        position += FRAME_HEADER_SIZE + size
      }
      return hashes
    })
  }

  #pathOf(number: number): string {
    return join(this.#parts.folder, blockFileName(number))
  }
}

async function readAt(file: FileHandle, { position, size }: BlockPlace): Promise<Uint8Array | undefined> {
  // Every byte of it is read, or none is given out: to have it zeroed costs as much as its checksum.
  const { buffer } = Buffer.allocUnsafeSlow(size)
  const bytes = new Uint8Array(buffer)
  const { bytesRead } = await file.read(bytes, 0, size, position)
  return bytesRead === size ? bytes : undefined
}

function emptyFile(number: number): FileFacts {
  return { number, end: 0, blocks: 0, highest: 0 }
}

/** The last blocks that certainly fit: where a store is filled from. */
function keepsLast(keep: BlocksToKeep): number {
  if (keep === 'all') return Infinity
  const fit = 'last' in keep ? keep.last : Math.floor(keep.bytes / MAX_BLOCK_SERIALIZED_SIZE)
  return Math.max(NODE_NETWORK_LIMITED_MIN_BLOCKS, fit)
}
