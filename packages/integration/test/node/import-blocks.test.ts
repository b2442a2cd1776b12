import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBytes, networks, regtest } from '@sapwood/wire-codec'
import { importBlockFiles, type ImportReport, openBlockStore } from '@sapwood/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RegtestChain } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

const KEY = Uint8Array.of(0xa1, 0x02, 0xb3, 0x04, 0xc5, 0x06, 0xd7, 0x08)
/** In a block: a byte of its header's difficulty, and one of its first transaction. */
const BITS = 73
const IN_COINBASE = 100

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-import-'))
  await mkdir(join(folder, 'theirs'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** As Bitcoin Core frames a block. */
function framed(bytes: Uint8Array): Uint8Array {
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, bytes.length, true)
  return concatBytes(regtest.magic, size, bytes)
}

/** Files of Core, obfuscated as they are. */
async function write(files: readonly Uint8Array[], key: Uint8Array = KEY): Promise<void> {
  for (const [number, bytes] of files.entries()) {
    const name = `blk${String(number).padStart(5, '0')}.dat`
    const content = bytes.map((byte, at) => byte ^ KEY[at % KEY.length]!)
    await writeFile(join(folder, 'theirs', name), content)
  }
  await writeFile(join(folder, 'theirs', 'xor.dat'), key)
}

/** @returns what came of it, and the height up to which all blocks are there. */
async function imported(network = regtest): Promise<ImportReport & { readonly upTo: number | undefined }> {
  await using store = await openBlockStore(join(folder, 'ours'), { network: regtest })
  await using node = await startNode({}, { blockStore: store })
  const report = await importBlockFiles(join(folder, 'theirs'), { network, store, chain: node.chain })
  return { ...report, upTo: store.stored().range?.tip.height }
}

/** The bytes of blocks, from height 1 on. */
function bytesOf(chain: RegtestChain): Uint8Array[] {
  return chain.headers.map((_, index) => chain.at(index + 1)!.bytes.slice())
}

describe('files of Bitcoin Core', () => {
  it('may have each block twice, out of order, in more files than are opened at a time', async () => {
    const blocks = bytesOf(new RegtestChain({ blocks: 40 })).map(framed)
    await write([...blocks.slice(20), ...blocks.slice(0, 20), concatBytes(...blocks)])
    expect(await imported()).toEqual({ found: 40, imported: 40, refused: 0, upTo: 40 })
  })

  it('may hold blocks that are damaged, and end in one that is cut short', async () => {
    const blocks = bytesOf(new RegtestChain({ blocks: 12 }))
    blocks[4]![IN_COINBASE]! ^= 1
    const bytes = concatBytes(...blocks.map(framed))
    await write([bytes.subarray(0, -10)])
    expect(await imported()).toEqual({ found: 12, imported: 10, refused: 2, upTo: 4 })
  })

  it('may hold a header that is damaged, and what builds on it', async () => {
    const chain = new RegtestChain({ blocks: 12 })
    const blocks = bytesOf(chain)
    const fork = chain.forkAt(6)
    fork.mine(3)
    blocks[7]![BITS]! ^= 1
    await write([concatBytes(...[...blocks, ...bytesOf(fork).slice(6)].map(framed))])
    expect(await imported()).toEqual({ found: 15, imported: 10, refused: 5, upTo: 9 })
  })

  it('of another branch do not make whole what lacks one of its blocks', async () => {
    const chain = new RegtestChain({ blocks: 5 })
    const fork = chain.forkAt(3)
    fork.mine(4)
    const blocks = bytesOf(fork).slice(3)
    blocks[0]![IN_COINBASE]! ^= 1
    await write([concatBytes(...blocks.map(framed))])
    await using store = await openBlockStore(join(folder, 'ours'), { network: regtest })
    await using node = await startNode()
    await node.chain.submitHeaders(chain.headers)
    const ours = chain.headers.map((_, index) => chain.at(index + 1)!)
    await store.append(ours, { from: 1, tip: { height: 5, hash: chain.tip } })
    const parts = { network: regtest, store, chain: node.chain }
    const report = await importBlockFiles(join(folder, 'theirs'), parts)
    expect(report).toEqual({ found: 4, imported: 3, refused: 1 })
    expect(store.stored().range?.tip.height).toBe(3)
  })

  it('are none where nothing in them is of the network, or where their key is another', async () => {
    const foreign = { code: 'store-foreign', detail: join(folder, 'theirs') }
    await expect(imported()).rejects.toMatchObject(foreign)
    const bytes = concatBytes(...bytesOf(new RegtestChain({ blocks: 3 })).map(framed))
    await write([bytes], Uint8Array.from(KEY).reverse())
    await expect(imported()).rejects.toMatchObject(foreign)
    await write([bytes], KEY.subarray(1))
    await expect(imported()).rejects.toMatchObject({ code: 'store-corrupt' })
    await write([bytes])
    await expect(imported(networks.signet)).rejects.toMatchObject(foreign)
    expect(await imported()).toMatchObject({ imported: 3, upTo: 3 })
  })
})
