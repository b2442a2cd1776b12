import {
  type Block,
  blockHash,
  buildBasicFilter,
  filterHash,
  type Transaction,
  type Txid,
} from '@sapwood/wire-codec'
import { type CompactFilter, type PeerId, peerId } from '@sapwood/peer'
import { beforeEach, describe, expect, it } from 'vitest'
import { coinbaseAt, mineBlock, regtest } from '../../test/support/make-chain.ts'
import { settleDispute } from './filter-dispute.ts'
import { filterFault } from './filter-fault.ts'
import type { FilterPeer, FilterPeers } from './filter-peers.ts'

const PAID = Uint8Array.of(0x51)
const SPENT = Uint8Array.of(0x52, 1)
const OTHER = Uint8Array.of(0x53, 2)

const spend: Transaction = {
  version: 2,
  inputs: [
    {
      previousOutput: { txid: new Uint8Array(32).fill(9) as Uint8Array as Txid, index: 0 },
      scriptSig: new Uint8Array(),
      sequence: 0,
      witness: [],
    },
  ],
  outputs: [
    { value: 1n, scriptPubKey: PAID },
    { value: 0n, scriptPubKey: Uint8Array.of(0x6a, 1, 1) },
    { value: 0n, scriptPubKey: new Uint8Array() },
  ],
  lockTime: 0,
}
const block: Block = mineBlock(regtest.genesis, [coinbaseAt(1), spend])
const hash = blockHash(block.header)
const right = buildBasicFilter(block, [SPENT])
/** Wrong in what it says of the output that is spent, which the block does not show. */
const plausible = buildBasicFilter(block, [OTHER])
/** Without what the block pays to. */
const impossible = buildBasicFilter({ ...block, transactions: [] }, [SPENT, OTHER])

describe('a filter held against its block', () => {
  it.each([
    ['the right one', right, undefined],
    ['one that is wrong in what is spent', plausible, undefined],
    ['one without the spent script', buildBasicFilter(block, []), undefined],
    ['one that lacks a script paid to', impossible, 'lacks a script that the block pays to'],
    ['one with too many', buildBasicFilter(block, [SPENT, OTHER]), 'more scripts than the block has'],
    ['no filter', Uint8Array.of(0xff), 'not a filter'],
    ['an empty one', Uint8Array.of(0), 'lacks a script that the block pays to'],
  ])('%s', (_, filter, fault) => {
    expect(filterFault(filter, block)).toBe(fault)
  })
})

describe('a dispute about a filter', () => {
  let done: [PeerId, 'punished' | 'let go'][]
  let peers: FilterPeers
  const signal = new AbortController().signal

  beforeEach(() => {
    done = []
    peers = {
      having: () => Promise.resolve([]),
      punish: async (peer) => void done.push([peer, 'punished']),
      letGo: async (peer) => void done.push([peer, 'let go']),
      silent: () => Promise.resolve(),
      answered: () => undefined,
    }
  })

  function claimant(id: number, filter: Uint8Array | Error, claimed?: Uint8Array) {
    async function* show(): AsyncGenerator<CompactFilter> {
      if (filter instanceof Error) throw filter
      yield await Promise.resolve({ filterType: 0, blockHash: hash, filter })
    }
    const peer = { getCompactFilters: show } as unknown as FilterPeer['peer']
    const shown = filter instanceof Error ? right : filter
    return { peer: { id: peerId(id), peer }, filterHash: filterHash(claimed ?? shown) }
  }

  const settle = (claims: readonly ReturnType<typeof claimant>[]): Promise<void> =>
    settleDispute({ height: 1, hash, claims }, { peers, getBlock: () => Promise.resolve(block) }, signal)

  it('ends with the one who can be shown to lie', async () => {
    await settle([claimant(1, impossible), claimant(2, right)])
    expect(done).toEqual([[1, 'punished']])
  })

  it('ends with those who do not show what they claim', async () => {
    await settle([claimant(1, new Error('silent')), claimant(2, right), claimant(3, plausible, impossible)])
    expect(done).toEqual([
      [1, 'let go'],
      [3, 'let go'],
    ])
  })

  it('goes to the majority where the block shows nothing', async () => {
    await settle([claimant(1, plausible), claimant(2, right), claimant(3, right)])
    expect(done).toEqual([[1, 'let go']])
  })

  it('is left to the program where there is no majority', async () => {
    await expect(settle([claimant(1, plausible), claimant(2, right)])).rejects.toMatchObject({
      name: 'NodeError',
      code: 'filters-disputed',
      received: 1,
    })
    expect(done).toEqual([])
  })

  it('ends with nobody left where all lie', async () => {
    await settle([claimant(1, impossible), claimant(2, Uint8Array.of(0))])
    expect(done).toEqual([
      [1, 'punished'],
      [2, 'punished'],
    ])
  })
})
