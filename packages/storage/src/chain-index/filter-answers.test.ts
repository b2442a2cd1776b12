import { asBlockHash, BASIC_FILTER_TYPE, type BlockHash, bytesToHex } from '@sapwood/wire-codec'
import { type ChainAccess, createMemoryStore } from '@sapwood/node'
import { expect, it } from 'vitest'
import { openIndex } from '../../test/support/index-on.ts'
import { blockOn, type SpendingBlock, spendingBlocks } from '../../test/support/spending-blocks.ts'
import { FilterAnswers } from './filter-answers.ts'
import type { IndexedChain } from './indexed-chain.ts'

const FORK = 4
const TOP = 10
const blocks = spendingBlocks(TOP)
const { hash: stopHash } = blocks.at(-1)!
const query = { filterType: BASIC_FILTER_TYPE, startHeight: 1, stopHash }

/** An index of the blocks, and a chain that leaves them when it is told to. */
async function answers() {
  const store = createMemoryStore()
  const indexed = await openIndex(store, blocks)
  for (const each of blocks) await indexed.connect(each.block, each)
  let isLeft = false
  const chain: Pick<ChainAccess, 'heightOf' | 'isActive'> = {
    heightOf: (hash) => blocks.find((each) => bytesToHex(each.hash) === bytesToHex(hash))?.height,
    isActive: () => !isLeft,
  }
  const reads: number[] = []
  const counted = new Proxy(indexed, {
    get: (target, name) => {
      if (name === 'filter') return (height: number) => (reads.push(height), target.filter(height))
      const member = target[name as keyof IndexedChain]
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  /** Another branch, above the fork: the chain first, and then the index. */
  const reorganise = async (): Promise<void> => {
    isLeft = true
    await indexed.rewind(FORK)
    let below: SpendingBlock = blocks[FORK - 1]!
    for (let height = FORK + 1; height <= TOP + 1; height++) {
      const { block, ...at } = blockOn(below, [])
      below = { block: { ...block, transactions: blocks[0]!.block.transactions }, ...at }
      below = { ...below, hash: at.hash.map((byte) => byte ^ 1) as SpendingBlock['hash'] }
      await indexed.connect(below.block, below)
    }
  }
  return { answers: new FilterAnswers(chain as ChainAccess, counted), indexed, reads, reorganise }
}

it('reads a filter when the one before it has been taken', async () => {
  const { answers: served, reads } = await answers()
  const found = served.compactFilters(query)
  if (!(Symbol.asyncIterator in found)) throw new Error('no filters')
  const taken: string[] = []
  for await (const { blockHash } of found) {
    taken.push(bytesToHex(blockHash))
    expect(reads).toHaveLength(taken.length)
  }
  expect(taken).toEqual(blocks.map(({ hash }) => bytesToHex(hash)))
})

it('gives no filter for that of a block whose place another has taken meanwhile', async () => {
  const { answers: served, indexed, reorganise } = await answers()
  const right = new Map<string, Uint8Array | undefined>()
  for (const { height, hash } of blocks) right.set(bytesToHex(hash), await indexed.filter(height))
  const found = served.compactFilters(query)
  if (!(Symbol.asyncIterator in found)) throw new Error('no filters')
  let taken = 0
  for await (const { blockHash, filter } of found) {
    expect(filter).toEqual(right.get(bytesToHex(blockHash)))
    taken += 1
    if (taken === FORK + 1) await reorganise()
  }
  expect(taken).toBe(FORK + 1)
})

it('gives no headers of a chain that was left while they were read', async () => {
  const { answers: served, reorganise } = await answers()
  const asked = [served.compactFilterHeaders(query), served.compactFilterCheckpoints(query)]
  await reorganise()
  expect(await Promise.all(asked)).toEqual([undefined, undefined])
})

const LONG = 5_500
const CHECKPOINTS = 5

/** Answers from an index of blocks that are named by their heights, and by the branch that they are of. */
function longChain() {
  let forkAt = Number.POSITIVE_INFINITY
  const branchAt = (height: number): number => (height > forkAt ? 1 : 0)
  const hashOf = (height: number, branch = branchAt(height)): BlockHash => {
    const bytes = new Uint8Array(32).fill(branch)
    new DataView(bytes.buffer).setUint32(0, height)
    return asBlockHash(bytes)
  }
  const heightOf = (hash: BlockHash): number => new DataView(hash.buffer, hash.byteOffset).getUint32(0)
  const reads: number[] = []
  let calls = 0
  let isBehind = false
  const filterEntries = (heights: readonly number[]) => {
    calls += 1
    reads.push(...heights)
    const branchOf = (height: number): number => (isBehind ? 0 : branchAt(height))
    const entries = heights.map((height) => {
      const hash = hashOf(height, branchOf(height))
      return { blockHash: hash, filterHash: hash, header: hash }
    })
    isBehind = false
    return Promise.resolve(entries)
  }
  const chain = { heightOf, isActive: (hash: BlockHash) => hash[31] === branchAt(heightOf(hash)) }
  const indexed = { filterEntries, filterEntry: async (height: number) => (await filterEntries([height]))[0] }
  return {
    answers: new FilterAnswers(chain as ChainAccess, indexed as unknown as IndexedChain),
    hashOf,
    fork: (height: number) => {
      forkAt = height
    },
    /** For one read it is still where the chain was. */
    indexLags: () => {
      isBehind = true
    },
    readsOf: async (ask: () => Promise<unknown>) => {
      reads.length = calls = 0
      const answer = await ask()
      return { answer, reads: [...reads], calls }
    },
  }
}

it('reads a checkpoint once, however often it is asked for, and anew where its block has left', async () => {
  const { answers: served, hashOf, fork, readsOf } = longChain()
  const ask = (): Promise<unknown> =>
    served.compactFilterCheckpoints({ filterType: BASIC_FILTER_TYPE, stopHash: hashOf(LONG) })
  const heights = Array.from({ length: CHECKPOINTS }, (_, index) => 1_000 * (index + 1))
  const first = await readsOf(ask)
  expect(first.reads).toEqual([...heights, LONG])
  expect(first.answer).toMatchObject({ filterHeaders: heights.map((height) => hashOf(height)) })
  const again = await readsOf(ask)
  expect(again.reads).toEqual([LONG])
  expect(again.answer).toEqual(first.answer)
  fork(3_500)
  const after = await readsOf(ask)
  expect(after.reads).toEqual([4_000, 5_000, LONG])
  expect(after.answer).toMatchObject({ filterHeaders: heights.map((height) => hashOf(height)) })
})

it('reads two thousand headers at once, and not one by one', async () => {
  const { answers: served, hashOf, readsOf } = longChain()
  const { answer, reads, calls } = await readsOf(() =>
    served.compactFilterHeaders({
      filterType: BASIC_FILTER_TYPE,
      startHeight: LONG - 1_999,
      stopHash: hashOf(LONG),
    }),
  )
  expect(reads).toHaveLength(2_001)
  expect(calls).toBe(2)
  expect(answer).toMatchObject({ filterHashes: { length: 2_000 } })
})

it('gives no headers that begin with one of a branch that the index still was on when it was read', async () => {
  const { answers: served, hashOf, fork, indexLags } = longChain()
  fork(LONG - 3)
  indexLags()
  const query = { filterType: BASIC_FILTER_TYPE, startHeight: LONG - 1, stopHash: hashOf(LONG) }
  expect(await served.compactFilterHeaders(query)).toBeUndefined()
  const previousFilterHeader = hashOf(LONG - 2)
  expect(await served.compactFilterHeaders(query)).toMatchObject({ previousFilterHeader })
})

it('gives no checkpoint of a branch that the index still was on when it was read', async () => {
  const { answers: served, hashOf, fork, indexLags } = longChain()
  fork(4_500)
  indexLags()
  const query = { filterType: BASIC_FILTER_TYPE, stopHash: hashOf(LONG) }
  expect(await served.compactFilterCheckpoints(query)).toBeUndefined()
  expect(await served.compactFilterCheckpoints(query)).toMatchObject({
    filterHeaders: { length: CHECKPOINTS, 4: hashOf(5_000) },
  })
})
