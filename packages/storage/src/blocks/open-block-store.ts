import { stat, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { aNetwork, either, needed, oneOf, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { makeFolder, NodeError, openStore, type StoredRange, storeError } from '@sapwood/node'
import { blockFileName } from '../files/block-frame.ts'
import { blockFilesIn } from './block-files-in.ts'
import { BlockFiles } from './block-files.ts'
import { BlockIndex, type FileFacts } from './block-index.ts'
import type { BlockStoreOptions, FileBlockStore } from './block-store-options.ts'

/** Where in the folder the index is. */
const INDEX_FOLDER = 'index'
/** In the index. */
const NAMESPACE = 'blocks'

/**
 * Opens a folder of blocks, made where there is none: Bitcoin Core's `blk*.dat` (magic, size, block), and an
 * index beside them. One process at a time. What `append` has resolved for survives the death of the process;
 * a power cut may take the last blocks, which are then not said to be there. What stands in the last file
 * behind what was acknowledged is cut off.
 * @throws NodeError as `openStore`; `store-foreign` also where the folder has blocks of another network, or
 * those of another program, which `importBlockFiles` takes; `invalid-argument`.
 */
export async function openBlockStore(folder: string, options: BlockStoreOptions): Promise<FileBlockStore> {
  refuseBadOptions(options)
  const { network, keep = 'all' } = options
  await makeFolder(folder)
  const store = await openStore(join(folder, INDEX_FOLDER))
  try {
    const index = new BlockIndex(store.namespace(NAMESPACE), network.genesisHash)
    const loaded = await index.load()
    const numbers = await blockFilesIn(folder)
    if (loaded === undefined && numbers.length > 0) throw foreign(folder)
    const { files = [], range } = loaded ?? {}
    for (const number of numbers)
      if (!files.some((file) => file.number === number)) await unlink(pathOf(folder, number))
    const found = await checkFiles(folder, index, files, range)
    if (loaded === undefined) await index.mark(undefined)
    return new BlockFiles({
      folder,
      network,
      keep,
      fileSize: options.fileSize ?? (keep === 'all' ? MAX_BLOCKFILE_SIZE : PRUNED_FILE_SIZE),
      store,
      index,
      ...found,
    })
  } catch (cause) {
    await store.close().catch(() => undefined)
    throw storeError(`Cannot open the blocks in ${folder}.`, cause, { detail: folder })
  }
}

/** Bytes of a file (Core, `MAX_BLOCKFILE_SIZE`). */
const MAX_BLOCKFILE_SIZE = 0x8000000
/** Bytes of a file where blocks are pruned, which they are file by file. */
const PRUNED_FILE_SIZE = 0x1000000

/** Most bytes of a file: the index has 32 bits for a place in one, and the last block may stand above it. */
const MAX_FILE_SIZE = 0x80000000

const blockStoreOptions = optionsOf<BlockStoreOptions>({
  network: needed(aNetwork),
  keep: either(
    "'all', { last: blocks } or { bytes }, of which there is one at least",
    oneOf('all'),
    optionsOf<{ last: number }>({ last: needed(wholeNumber(1)) }),
    optionsOf<{ bytes: number }>({ bytes: needed(wholeNumber(1)) }),
  ),
  fileSize: wholeNumber(1, MAX_FILE_SIZE),
})

function refuseBadOptions(options: BlockStoreOptions): void {
  const fault = blockStoreOptions(options, 'openBlockStore: options')
  if (fault !== undefined) throw new NodeError('invalid-argument', fault)
}

/** Holds each file against what the index says of it. */
async function checkFiles(
  folder: string,
  index: BlockIndex,
  indexed: readonly FileFacts[],
  range: StoredRange | undefined,
): Promise<{ readonly files: FileFacts[]; readonly range: StoredRange | undefined }> {
  const files: FileFacts[] = []
  let whole = range
  for (const file of indexed) {
    const path = pathOf(folder, file.number)
    const size = await sizeOf(path)
    if (size >= file.end) {
      files.push(file)
      if (size > file.end) await truncate(path, file.end)
      continue
    }
    whole = undefined
    const left = await index.cut(file, size)
    if (left.blocks > 0) files.push(left)
    else await index.dropFile(file.number, [], undefined)
  }
  return { files, range: whole }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return 0
    throw error
  }
}

function pathOf(folder: string, number: number): string {
  return join(folder, blockFileName(number))
}

function foreign(folder: string): NodeError {
  return new NodeError('store-foreign', `The blocks in ${folder} are another program's.`, { detail: folder })
}
