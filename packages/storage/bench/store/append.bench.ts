import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blockHash, encodeHeader, regtest } from '@sapwood/wire-codec'
import type { BlockToStore } from '@sapwood/node'
import { openBlockStore } from '@sapwood/storage'
import { type Emit, figure, median } from '../../../../tools/bench/measure.ts'

const BLOCKS = 200
const BLOCK_SIZE = 1_000_000
/** Blocks of one write: as many as come while the last are written. */
const AT_A_TIME = 8
const ROUNDS = 5
const READS = 400

const blocks = Array.from({ length: BLOCKS }, (_, height): BlockToStore => {
  const header = { ...regtest.genesis, nonce: height }
  const bytes = new Uint8Array(BLOCK_SIZE).map((_, index) => (index * 31 + height) & 0xff)
  bytes.set(encodeHeader(header))
  return { height, hash: blockHash(header), bytes }
})
const groups = Array.from({ length: BLOCKS / AT_A_TIME }, (_, index) =>
  blocks.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME),
)

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The same bytes into one file, by as many calls, and on the disk when it returns, as in the store. */
const bareWrite = (): Promise<number> =>
  inFolder(async (folder) => {
    const file = await open(join(folder, 'bare'), 'w')
    const seconds = await secondsOf(async () => {
      for (const group of groups) await file.writev(group.map(({ bytes }) => bytes))
      await file.sync()
    })
    await file.close()
    return seconds
  })

const storeWrite = (): Promise<{ readonly append: number; readonly read: number }> =>
  inFolder(async (folder) => {
    const store = await openBlockStore(folder, { network: regtest })
    const append = await secondsOf(async () => {
      for (const group of groups) await store.append(group)
      await store.close()
    })
    await using again = await openBlockStore(folder, { network: regtest })
    const read = await secondsOf(async () => {
      for (let i = 0; i < READS; i++) await again.get(blocks[(i * 7919) % BLOCKS]!.hash)
    })
    return { append, read }
  })

export default async function bench(emit: Emit): Promise<void> {
  const bare: number[] = []
  const ours: { readonly append: number; readonly read: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareWrite())
    ours.push(await storeWrite())
  }
  const megabytes = (BLOCKS * BLOCK_SIZE) / 1e6
  emit(
    figure({
      name: 'append',
      unit: 'MB/s',
      better: 'higher',
      ours: megabytes / median(ours.map(({ append }) => append)),
      reference: megabytes / median(bare),
      referenceName: 'bare sequential write and sync',
    }),
  )
  emit(
    figure({
      name: 'random-read',
      unit: 'blocks/s',
      better: 'higher',
      ours: READS / median(ours.map(({ read }) => read)),
    }),
  )
}
