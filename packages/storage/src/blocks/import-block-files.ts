import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BlockHash,
  blockHash,
  type BlockHeader,
  bytesToHex,
  decodeBlock,
  decodeHeader,
  HEADER_SIZE,
  type Network,
} from '@sapwood/wire-codec'
import {
  type BlockStore,
  type BlockToStore,
  type ChainAccess,
  checkBlock,
  NodeError,
  storeError,
} from '@sapwood/node'
import { blockFileName, MAX_BLOCK_SERIALIZED_SIZE } from '../files/block-frame.ts'
import { type BlockFrame, framesIn, ObfuscatedFile } from '../files/frames-in.ts'
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
  /** Blocks in the files. */
  readonly found: number
  readonly imported: number
  /** Those that do not build on the chain, or break a rule that is checked. */
  readonly refused: number
}

interface FoundBlock extends Pick<BlockFrame, 'position' | 'size'> {
  readonly file: number
  readonly hash: BlockHash
  readonly header: BlockHeader
}

/**
 * Takes the blocks of Bitcoin Core's `blk*.dat` (with `xor.dat`, where there is one) into a block store, and
 * their headers into the chain of a node. Each is checked as one that comes from a peer is. The headers of
 * all files are in memory meanwhile, about 400 bytes a block.
 * @param folder Core's folder `blocks`, while no Core writes to it.
 * @throws NodeError `store-foreign` where there are no such files; `store-full` and its sisters.
 */
export async function importBlockFiles(
  folder: string,
  { network, store, chain }: ImportComponents,
): Promise<ImportReport> {
  const files = new BlockFolder(folder)
  try {
    const found = await files.headers(network)
    await submitInOrder(found, network, chain)
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
      const bytes = await files.block(place)
      if (checkBlock(decodeBlock(bytes), height, network) !== undefined) continue
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
    await files.close()
  }
}

/** A chain that is there from block 1 on is said to be. */
async function noteRange(store: BlockStore, chain: ImportComponents['chain']): Promise<void> {
  const { range } = store.stored()
  let height = range?.from === 1 ? range.tip.height : 0
  for (let hash = chain.hashAt(height + 1); hash !== undefined; hash = chain.hashAt(height + 1)) {
    if (!(await store.has(hash))) break
    height += 1
  }
  const hash = chain.hashAt(height)
  if (height > 0 && hash !== undefined) await store.append([], { from: 1, tip: { height, hash } })
}

/** Core writes blocks as they come: each header goes to the chain after its parent. */
async function submitInOrder(
  found: readonly FoundBlock[],
  network: Network,
  chain: ImportComponents['chain'],
): Promise<void> {
  const byParent = new Map<string, FoundBlock[]>()
  for (const each of found) {
    const parent = bytesToHex(each.header.previousBlockHash)
    const siblings = byParent.get(parent)
    if (siblings === undefined) byParent.set(parent, [each])
    else siblings.push(each)
  }
  let batch: BlockHeader[] = []
  for (let level: readonly BlockHash[] = [network.genesisHash]; level.length > 0; ) {
    const next = level.flatMap((hash) => byParent.get(bytesToHex(hash)) ?? [])
    batch.push(...next.map(({ header }) => header))
    level = next.map(({ hash }) => hash)
    if (batch.length < HEADERS_AT_A_TIME && level.length > 0) continue
    if (batch.length > 0) await chain.submitHeaders(batch)
    batch = []
  }
}

/** Core's folder `blocks`. */
class BlockFolder {
  readonly #folder: string
  readonly #files = new Map<number, ObfuscatedFile>()
  readonly #closings: (() => Promise<void>)[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  async headers({ magic }: Network): Promise<readonly FoundBlock[]> {
    const numbers = await blockFilesIn(this.#folder)
    if (numbers.length === 0)
      throw new NodeError('store-foreign', `There are no blk*.dat in ${this.#folder}.`, {
        detail: this.#folder,
      })
    const sizes = { headSize: HEADER_SIZE, maxSize: MAX_BLOCK_SERIALIZED_SIZE }
    const found: FoundBlock[] = []
    for (const file of numbers) {
      for await (const { position, size, head } of framesIn(await this.#open(file), magic, sizes)) {
        const header = decodeHeader(head)
        found.push({ file, position, size, hash: blockHash(header), header })
      }
    }
    return found
  }

  async block({ file, position, size }: Pick<FoundBlock, 'file' | 'position' | 'size'>): Promise<Uint8Array> {
    return (await this.#open(file)).read(position, size)
  }

  async close(): Promise<void> {
    for (const close of this.#closings) await close()
  }

  async #open(number: number): Promise<ObfuscatedFile> {
    const known = this.#files.get(number)
    if (known !== undefined) return known
    const handle = await open(join(this.#folder, blockFileName(number)), 'r')
    this.#closings.push(() => handle.close())
    const file = new ObfuscatedFile(handle, await this.#key())
    this.#files.set(number, file)
    return file
  }

  async #key(): Promise<Uint8Array> {
    try {
      return (await readFile(join(this.#folder, 'xor.dat'))).subarray(0, XOR_KEY_SIZE)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return new Uint8Array(0)
      throw error
    }
  }
}
