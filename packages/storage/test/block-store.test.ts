import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { bytesToHex, networks, regtest } from '@sapwood/wire-codec'
import { openStore } from '@sapwood/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BlockStoreOptions, type FileBlockStore, openBlockStore } from '../src/index.ts'
import { madeBlock, madeBlocks } from './support/made-blocks.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-blocks-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const openHere = (options: Partial<BlockStoreOptions> = {}): Promise<FileBlockStore> =>
  openBlockStore(folder, { network: regtest, ...options })
const rangeTo = (height: number) => ({ from: 1, tip: { height, hash: madeBlock(height).hash } })
const blockFiles = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.dat')).sort()

describe('blocks on disk', () => {
  it('are in the files that Bitcoin Core makes, and come back as they were, also from the next process', async () => {
    const [first, second] = madeBlocks(1, 2)
    {
      await using store = await openHere()
      await store.append([first!, second!], rangeTo(2))
    }
    const file = await readFile(join(folder, 'blk00000.dat'))
    expect(bytesToHex(file.subarray(0, 4))).toBe('fabfb5da')
    expect(file.readUInt32LE(4)).toBe(first!.bytes.length)
    expect(file.length).toBe(16 + first!.bytes.length + second!.bytes.length)
    await using store = await openHere()
    expect(await store.get(second!.hash)).toEqual(second!.bytes)
    expect(await store.get(madeBlock(3).hash)).toBeUndefined()
    expect(store.stored()).toEqual({ range: rangeTo(2), blocks: 2, bytes: file.length })
  })

  it('go on in the next file when one is full, and are written once however often they come', async () => {
    await using store = await openHere({ fileSize: 10_000 })
    const blocks = madeBlocks(1, 40)
    await Promise.all([store.append(blocks), store.append([...blocks, ...blocks], rangeTo(40))])
    const names = await blockFiles()
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(10_000)
    expect(store.stored().blocks).toBe(40)
    for (const { hash, bytes } of blocks) expect(await store.get(hash)).toEqual(bytes)
  })

  it('belong to one process, and to one network', async () => {
    const store = await openHere()
    await expect(openHere()).rejects.toMatchObject({ code: 'store-locked' })
    await store.close()
    await expect(openHere({ network: networks.signet })).rejects.toMatchObject({ code: 'store-foreign' })
    await (await openHere()).close()
    await expect(store.append([madeBlock(1)])).rejects.toMatchObject({ code: 'store-failed' })
  })

  it('are not taken over from another program', async () => {
    await writeFile(join(folder, 'blk00000.dat'), 'theirs')
    await expect(openHere()).rejects.toMatchObject({ code: 'store-foreign', detail: folder })
    expect(await readFile(join(folder, 'blk00000.dat'), 'utf8')).toBe('theirs')
  })

  it.each([{ keep: { last: 0 } }, { keep: { bytes: 1.5 } }, { fileSize: -1 }, { fileSize: 2 ** 31 + 1 }])(
    'are not kept by %o',
    async (options) => {
      await expect(openHere(options)).rejects.toMatchObject({ code: 'invalid-argument' })
    },
  )
})

describe('what a crash leaves behind', () => {
  it('is cut off where it was never acknowledged, with files that were never noted', async () => {
    await using before = await openHere()
    await before.append(madeBlocks(1, 3), rangeTo(3))
    await before.close()
    const path = join(folder, 'blk00000.dat')
    const { size } = await stat(path)
    await appendFile(path, 'half a block')
    await writeFile(join(folder, 'blk00001.dat'), 'another')
    await using store = await openHere()
    expect((await stat(path)).size).toBe(size)
    expect(await blockFiles()).toEqual(['blk00000.dat'])
    await store.append(madeBlocks(4, 5))
    expect(await store.get(madeBlock(5).hash)).toEqual(madeBlock(5).bytes)
  })

  it('is not said to be there where the file has lost its end (a power cut)', async () => {
    await using before = await openHere({ fileSize: 20_000 })
    await before.append(madeBlocks(1, 30), rangeTo(30))
    await before.close()
    const last = (await blockFiles()).at(-1)!
    await truncate(join(folder, last), 2_000)
    await using store = await openHere({ fileSize: 20_000 })
    const { range, blocks } = store.stored()
    expect(range).toBeUndefined()
    expect(blocks).toBeLessThan(30)
    let there = 0
    for (const { hash, bytes } of madeBlocks(1, 30)) {
      const found = await store.get(hash)
      if (found !== undefined) expect(found).toEqual(bytes)
      if (found !== undefined) there += 1
    }
    expect([there, store.damaged]).toEqual([blocks, 0])
    await store.append(madeBlocks(1, 30), rangeTo(30))
    expect(store.stored()).toMatchObject({ range: rangeTo(30), blocks: 30 })
  })

  it('is found out when it is read, and can be put back', async () => {
    await using store = await openHere()
    await store.append(madeBlocks(1, 3), rangeTo(3))
    const file = await open(join(folder, 'blk00000.dat'), 'r+')
    await file.write(Uint8Array.of(1), 0, 1, 8 + madeBlock(1).bytes.length + 8 + 150)
    await file.close()
    expect(await store.get(madeBlock(1).hash)).toEqual(madeBlock(1).bytes)
    expect(await store.get(madeBlock(2).hash)).toBeUndefined()
    expect([store.damaged, await store.has(madeBlock(2).hash)]).toEqual([1, false])
    await store.append([madeBlock(2)])
    expect(await store.get(madeBlock(2).hash)).toEqual(madeBlock(2).bytes)
  })
})

describe('a damaged block that many read at once', () => {
  it('counts once, and what puts it back meanwhile is not lost', async () => {
    await using store = await openHere()
    await store.append(madeBlocks(1, 3), rangeTo(3))
    await truncate(join(folder, 'blk00000.dat'), store.stored().bytes - 1)
    const { hash, bytes } = madeBlock(3)
    const readAndPutBack = async (): Promise<unknown> => {
      const found = await store.get(hash)
      await store.append([madeBlock(3)])
      return found
    }
    await Promise.all(Array.from({ length: 20 }, readAndPutBack))
    expect([store.damaged, await store.get(hash)]).toEqual([1, bytes])
  })
})

describe('an export', () => {
  it('that fails leaves nothing in the way of the next', async () => {
    await using store = await openHere({ fileSize: 10_000 })
    await store.append(madeBlocks(1, 20), rangeTo(20))
    const [, second] = await blockFiles()
    const target = join(folder, 'theirs')
    await rename(join(folder, second!), join(folder, 'elsewhere'))
    await expect(store.exportTo(target)).rejects.toMatchObject({ detail: target })
    expect(await readdir(target)).toEqual([])
    await rename(join(folder, 'elsewhere'), join(folder, second!))
    expect(await store.exportTo(target)).toBe((await blockFiles()).length + 1)
    expect(await readdir(target)).toContain('xor.dat')
  })
})

describe('a store of an earlier version', () => {
  it('is read, and what is damaged in it is found out', async () => {
    const [whole, damaged] = madeBlocks(1, 2)
    await (async () => {
      await using store = await openHere()
      await store.append([whole!, damaged!], rangeTo(2))
    })()
    {
      await using index = await openStore(join(folder, 'index'))
      const entries = index.namespace('blocks')
      for (const { hash, height, bytes } of [whole!, damaged!]) {
        const key = `b${bytesToHex(hash)}`
        const place = (await entries.get(key))!.slice(0, 20)
        const view = new DataView(place.buffer)
        view.setUint32(12, height === 1 ? crc32(bytes) : 0)
        view.setUint32(16, height)
        await entries.batch([{ type: 'put', key, value: place }])
      }
    }
    await using store = await openHere()
    expect(await store.get(whole!.hash)).toEqual(whole!.bytes)
    expect(await store.get(damaged!.hash)).toBeUndefined()
    expect(store.damaged).toBe(1)
  })
})

describe('old blocks', () => {
  it.each<[string, Partial<BlockStoreOptions>, number]>([
    ['by their number', { keep: { last: 400 } }, 400],
    ['by their number, of which 288 stay', { keep: { last: 1 } }, 288],
    ['by their bytes, of which 288 stay', { keep: { bytes: 1 } }, 288],
    ['by their bytes', { keep: { bytes: 500 * 1_008 } }, 480],
  ])('make room file by file: %s', async (_, options, least) => {
    await using store = await openHere({ ...options, fileSize: 10_080 })
    for (let height = 1; height <= 991; height += 10)
      await store.append(madeBlocks(height, height + 9, 1_000), rangeTo(height + 9))
    const { range, blocks, bytes } = store.stored()
    expect(range!.tip.height).toBe(1_000)
    expect(blocks).toBe(1_000 - range!.from + 1)
    expect(blocks).toBeGreaterThanOrEqual(least)
    expect(blocks).toBeLessThan(least + 30)
    expect(bytes).toBe(blocks * 1_008)
    expect(await blockFiles()).toHaveLength(blocks / 10)
    expect(await store.has(madeBlock(range!.from - 1, 1_000).hash)).toBe(false)
    expect(await store.get(madeBlock(range!.from, 1_000).hash)).toBeDefined()
    await store.close()
    await using again = await openHere({ ...options, fileSize: 10_080 })
    expect(again.stored()).toEqual({ range, blocks, bytes })
  })
})
