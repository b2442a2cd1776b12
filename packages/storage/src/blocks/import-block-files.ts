import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Block,
  type BlockHash,
  blockHash,
  type BlockHeader,
  bytesEqual,
  bytesToHex,
  decodeBlock,
  decodeHeader,
  HEADER_SIZE,
  isDecodeError,
  type Network,
} from '@sapwood/wire-codec'
import {
  type BlockRef,
  type BlockStore,
  type BlockToStore,
  type ChainAccess,
  checkBlock,
  isNodeError,
  NodeError,
  storeError,
} from '@sapwood/node'
import { blockFileName, MAX_BLOCK_SERIALIZED_SIZE } from '../files/block-frame.ts'
import { type BlockFrame, framesIn, ObfuscatedFile } from '../files/frames-in.ts'
import { OpenFiles } from '../files/open-files.ts'
import { blockFilesIn } from './block-files-in.ts'

/** Bytes of Bitcoin Core's `xor.dat`. */
const XOR_KEY_SIZE = 8
/** Headers given to the chain at a time (as many as a `headers` has). */
const HEADERS_AT_A_TIME = 2_000
/** Bytes of blocks written at a time. */
const BYTES_AT_A_TIME = 16_777_216

/** Where imported blocks go, and what knows their heights. */
export interface ImportComponents {
  readonly network: Network
  readonly store: BlockStore
  /** Takes the headers, and says where each block stands. */
  readonly chain: Pick<ChainAccess, 'submitHeaders' | 'heightOf' | 'hashAt' | 'tip'>
}

/** What an import came to. */
export interface ImportReport {
  /** Blocks in the files, each once. */
  readonly found: number
  readonly imported: number
  /** Those that do not build on the chain, break a rule that is checked, or are damaged or cut short. */
  readonly refused: number
}

interface FoundBlock extends Pick<BlockFrame, 'position' | 'size'> {
  readonly file: number
  readonly hash: BlockHash
  readonly header: BlockHeader
}

/**
 * Takes the blocks of Bitcoin Core's `blk*.dat` (with `xor.dat`, where there is one) into a block store, and
 * their headers into the chain of a node. Each is checked as one that comes from a peer is. What a pruned
 * Core has left is taken where the chain has the headers below it. The headers of all files are in memory
 * meanwhile, about 400 bytes a block.
 * @param folder Core's folder `blocks`, while no Core writes to it.
 * @throws NodeError `store-foreign` where there are no such files, or no block of the network in them;
 * `store-corrupt` where `xor.dat` is no key; `store-full` and its sisters.
 */
export async function importBlockFiles(
  folder: string,
  { network, store, chain }: ImportComponents,
): Promise<ImportReport> {
  const files = new BlockFolder(folder)
  try {
    const found = await files.blocks(network)
    await submitInOrder(found, chain)
    const known = found
      .flatMap((each) => {
        const height = chain.heightOf(each.hash)
        // No peer is asked for the genesis block, and it breaks rules of later ones.
        return height === undefined || height === 0 ? [] : [{ ...each, height }]
      })
      .sort((a, b) => a.height - b.height)
    let imported = 0
    let batch: BlockToStore[] = []
    let bytesOfBatch = 0
    const write = async (): Promise<void> => {
      await store.append(batch)
      imported += batch.length
      batch = []
      bytesOfBatch = 0
    }
    for (const { height, hash, ...place } of known) {
      const bytes = await files.bytes(place)
      const block = blockIn(bytes)
      if (block === undefined || checkBlock(block, height, network) !== undefined) continue
      batch.push({ height, hash, bytes })
      bytesOfBatch += bytes.length
      if (bytesOfBatch > BYTES_AT_A_TIME) await write()
    }
    await write()
    await noteRange(store, chain)
    return { found: found.length, imported, refused: found.length - imported }
  } catch (cause) {
    throw storeError(`The blocks in ${folder} cannot be imported.`, cause, { detail: folder })
  } finally {
    files.close()
  }
}

/** A chain that is there from block 1 on is said to be. */
async function noteRange(store: BlockStore, chain: ImportComponents['chain']): Promise<void> {
  const { range } = store.stored()
  let height = range?.from === 1 && isOn(chain, range.tip) ? range.tip.height : 0
  for (let hash = chain.hashAt(height + 1); hash !== undefined; hash = chain.hashAt(height + 1)) {
    if (!(await store.has(hash))) break
    height += 1
  }
  const hash = chain.hashAt(height)
  if (height > 0 && hash !== undefined) await store.append([], { from: 1, tip: { height, hash } })
}

function isOn(chain: Pick<ChainAccess, 'hashAt'>, { height, hash }: BlockRef): boolean {
  const known = chain.hashAt(height)
  return known !== undefined && bytesEqual(known, hash)
}

/** Undefined for bytes that are none: a crash of Core's machine leaves such. */
function blockIn(bytes: Uint8Array): Block | undefined {
  try {
    return decodeBlock(bytes)
  } catch (error) {
    if (isDecodeError(error)) return undefined
    throw error
  }
}

/**
 * Core writes blocks as they come: each header goes to the chain after its parent, which may have been there
 * before.
 */
async function submitInOrder(found: readonly FoundBlock[], chain: ImportComponents['chain']): Promise<void> {
  const byParent = new Map<string, FoundBlock[]>()
  for (const each of found) {
    const parent = bytesToHex(each.header.previousBlockHash)
    const siblings = byParent.get(parent)
    if (siblings === undefined) byParent.set(parent, [each])
    else siblings.push(each)
  }
  const submitted = new Set<FoundBlock>()
  let batch: BlockHeader[] = []
  let level = [...byParent.values()]
    .map(([first]) => first!.header.previousBlockHash)
    .filter((hash) => chain.heightOf(hash) !== undefined)
  while (level.length > 0) {
    const next = level
      .flatMap((hash) => byParent.get(bytesToHex(hash)) ?? [])
      .filter((each) => !submitted.has(each))
    for (const each of next) {
      submitted.add(each)
      batch.push(each.header)
    }
    level = next.map(({ hash }) => hash)
    if (batch.length < HEADERS_AT_A_TIME && level.length > 0) continue
    await submitValid(batch, chain)
    batch = []
    // Nothing builds on what was refused.
    level = level.filter((hash) => chain.heightOf(hash) !== undefined)
  }
}

/** Those before the one that is refused have been taken, and those after it are still to come. */
async function submitValid(
  headers: readonly BlockHeader[],
  chain: Pick<ChainAccess, 'submitHeaders'>,
): Promise<void> {
  for (let left = headers; left.length > 0; ) {
    try {
      await chain.submitHeaders(left)
      return
    } catch (error) {
      if (!isNodeError(error) || error.code !== 'invalid-header') throw error
      left = left.slice(1 + Number(error.received))
    }
  }
}

/** Core's folder `blocks`. */
class BlockFolder {
  readonly #folder: string
  readonly #files = new OpenFiles()
  #key: Uint8Array | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Each once, though Core may have written it twice: after a crash it fetches again what its index lost. */
  async blocks({ name, magic }: Network): Promise<readonly FoundBlock[]> {
    const numbers = await blockFilesIn(this.#folder)
    const sizes = { headSize: HEADER_SIZE, maxSize: MAX_BLOCK_SERIALIZED_SIZE }
    const found = new Map<string, FoundBlock>()
    for (const file of numbers)
      await this.#read(file, async (bytes) => {
        for await (const { position, size, head } of framesIn(bytes, magic, sizes)) {
          const header = decodeHeader(head)
          const hash = blockHash(header)
          // The later one: the first was not whole, or it would not have been fetched again.
          found.set(bytesToHex(hash), { file, position, size, hash, header })
        }
      })
    if (found.size === 0)
      throw new NodeError('store-foreign', `There are no blocks of ${name} in ${this.#folder}.`, {
        detail: this.#folder,
      })
    return [...found.values()]
  }

  bytes({ file, position, size }: Pick<FoundBlock, 'file' | 'position' | 'size'>): Promise<Uint8Array> {
    return this.#read(file, (bytes) => bytes.read(position, size))
  }

  close(): void {
    this.#files.close()
  }

  async #read<T>(number: number, read: (file: ObfuscatedFile) => Promise<T>): Promise<T> {
    this.#key ??= await this.#readKey()
    const key = this.#key
    return await this.#files.use(join(this.#folder, blockFileName(number)), (handle) =>
      read(new ObfuscatedFile(handle, key)),
    )
  }

  async #readKey(): Promise<Uint8Array> {
    const path = join(this.#folder, 'xor.dat')
    try {
      const key = await readFile(path)
      if (key.length === XOR_KEY_SIZE) return key
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return new Uint8Array(0)
      throw error
    }
    throw new NodeError('store-corrupt', `${path} is no key of ${XOR_KEY_SIZE} bytes.`, { detail: path })
  }
}
