import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesEqual, regtest } from '@sapwood/wire-codec'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BundledChild, bundleChild } from '../../../tools/bundle-child/bundle-child.ts'
import { openBlockStore } from '../src/index.ts'
import { madeBlock, madeBlocks } from './support/made-blocks.ts'

const KILLS = 30
/** Bytes of a file: small, so that the processes die between two of them as well. */
const FILE_SIZE = 40_000

let child: BundledChild
beforeAll(async () => {
  child = await bundleChild(new URL('support/appending-child.ts', import.meta.url))
})
afterAll(() => child[Symbol.asyncDispose]())

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-blocks-'))
  return () => rm(folder, { recursive: true, force: true })
})

/** Runs the child until it has said so many bytes. @returns the last height that it acknowledged. */
async function killAfter(bytes: number): Promise<number> {
  const process_ = spawn(process.execPath, [child.path, folder, String(FILE_SIZE)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  process_.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (said.length >= bytes) process_.kill('SIGKILL')
  })
  await once(process_, 'close')
  // A line that is cut short is not one.
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1)!.replace('began at ', ''))
}

async function expectAll(from: number, to: number): Promise<void> {
  await using store = await openBlockStore(folder, { network: regtest, fileSize: FILE_SIZE })
  expect(store.stored().range!.tip.height).toBeGreaterThanOrEqual(to)
  expect(store.stored().range!.from).toBe(1)
  for (let height = from; height <= store.stored().range!.tip.height; height++) {
    const { hash, bytes } = madeBlock(height)
    const found = await store.get(hash)
    if (found === undefined || !bytesEqual(found, bytes)) throw new Error(`block ${height} is not there`)
  }
  expect(store.damaged).toBe(0)
}

describe('a block store whose process dies', () => {
  it('has all that it acknowledged, thirty kills over', async () => {
    let acknowledged = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged
      acknowledged = await killAfter(40 + ((kill * 149) % 400))
      expect(acknowledged).toBeGreaterThan(before)
      await expectAll(before + 1, acknowledged)
    }
    await expectAll(1, acknowledged)
  })
})

describe('a disk that is full', () => {
  it('loses nothing that was acknowledged, and takes blocks again when there is room', async () => {
    const { stdout } = spawnSync(
      'prlimit',
      ['--fsize=200000', process.execPath, child.path, folder, '10000000'],
      { encoding: 'utf8' },
    )
    const lines = stdout.trim().split('\n')
    expect(lines.at(-1)).toBe('store-full')
    const acknowledged = Number(lines.at(-2))
    expect(acknowledged).toBeGreaterThan(20)
    await using store = await openBlockStore(folder, { network: regtest })
    expect(store.stored().range!.tip.height).toBe(acknowledged)
    expect(store.stored().blocks).toBe(acknowledged)
    await store.append(madeBlocks(acknowledged + 1, acknowledged + 50))
    for (const { hash, bytes } of madeBlocks(1, acknowledged + 50))
      expect(bytesEqual((await store.get(hash))!, bytes)).toBe(true)
  })
})
