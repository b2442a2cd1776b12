import {
  type Block,
  type BlockHash,
  blockHash,
  buildCompactBlock,
  type CompactBlock,
  type Transaction,
  type Txid,
} from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import type { Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import { beforeEach, describe, expect, it } from 'vitest'
import { coinbaseAt, mineBlock, mineHeader, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, carol, NOON, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { BlockDownload } from './block-download.ts'
import type { BlockDownloadAction, BlockPeer } from './block-download-action.ts'

const COMPACT = 4
const FULL = 0x40000002
const facts: BlockPeer = { serves: 'all', preferred: true, protected: false }

function transaction(n: number): Transaction {
  return {
    version: 2,
    inputs: [
      {
        previousOutput: { txid: new Uint8Array(32).fill(n) as Uint8Array as Txid, index: 0 },
        scriptSig: new Uint8Array(),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [{ value: BigInt(n), scriptPubKey: Uint8Array.of(0x51) }],
    lockTime: 0,
  }
}

const all = [1, 2, 3, 4].map(transaction)
/** A tip one hour old, on which a fresh block comes. */
const parent = mineHeader(regtest.genesis, { time: NOON / 1000 - 3_700 })
const block = freshBlock(all)

function freshBlock(transactions: readonly Transaction[], extra = 0, on = parent, height = 2): Block {
  return mineBlock(on, [coinbaseAt(height, extra), ...transactions])
}

let pool: Transaction[]
let chain: StorableHeaderChain
let download: BlockDownload

beforeEach(() => {
  pool = []
  chain = new StorableHeaderChain({ network: regtest })
  chain.accept([parent], NOON)
  download = new BlockDownload({}, { chain, transactions: () => pool, wallTime })
  for (const peer of [alice, bob, carol]) {
    download.addPeer(peer, facts, NOON)
    download.peerHas(peer, blockHash(parent), NOON)
    download.onSendCompact(peer, 2n)
  }
  download.openStream({ from: 2 }, NOON)
})

function compact(of: Block = block): CompactBlock {
  return buildCompactBlock(of, { nonce: 7n })
}

function announce(of: Block, peer: PeerId = alice): BlockDownloadAction[] {
  const { tipChange } = chain.accept([of.header], NOON)
  const actions = tipChange === undefined ? [] : download.onTipChange(tipChange, NOON)
  return [...actions, ...download.peerHas(peer, blockHash(of.header), NOON)]
}

/** A block that comes as a compact block that nobody asked for. */
function unasked(of: Block, peer: PeerId = alice): BlockDownloadAction[] {
  const { tipChange } = chain.accept([of.header], NOON)
  download.expectCompactBlock(peer, blockHash(of.header), NOON)
  const actions = tipChange === undefined ? [] : download.onTipChange(tipChange, NOON)
  actions.push(...download.peerHas(peer, blockHash(of.header), NOON))
  return [...actions, ...download.onCompactBlock(peer, compact(of), NOON)]
}

/**
 * Makes peers those that may send compact blocks unasked.
 * @returns the block after those that they delivered.
 */
function atTipWith(peers: readonly PeerId[]): Block {
  let on = parent
  peers.forEach((peer, i) => {
    const next = freshBlock([], i, on, 2 + i)
    on = next.header
    announce(next, peer)
    download.onBlock(peer, next, NOON)
  })
  return freshBlock(all, 0, on, 2 + peers.length)
}

type Asked = readonly [peer: PeerId, what: number | readonly number[] | boolean]

/**
 * What was asked of whom: an inventory type, indexes of transactions, or to be sent compact blocks unasked.
 */
function asks(actions: readonly BlockDownloadAction[]): Asked[] {
  return actions.flatMap((action): Asked[] => {
    if (action.type !== 'send') return []
    const { message, peer } = action
    if (message.type === 'getdata') return message.inventory.map(({ type }) => [peer, type])
    if (message.type === 'getblocktxn') return [[peer, [...message.indexes]]]
    return message.type === 'sendcmpct' ? [[peer, message.announce]] : []
  })
}

function delivered(actions: readonly BlockDownloadAction[]): number[] {
  return actions.flatMap((action) => (action.type === 'deliver' ? [action.block.height] : []))
}

describe('compact blocks', () => {
  it('are asked for at a fresh tip, and put together from the pool', () => {
    expect(asks(announce(block))).toEqual([[alice, COMPACT]])
    pool = [...all]
    const actions = download.onCompactBlock(alice, compact(), NOON)
    expect(delivered(actions)).toEqual([2])
    expect(asks(actions)).toEqual([[alice, true]])
  })

  it('have what is missing asked for', () => {
    announce(block)
    pool = [all[0]!, all[2]!]
    expect(asks(download.onCompactBlock(alice, compact(), NOON))).toEqual([[alice, [2, 4]]])
    const hash = blockHash(block.header)
    expect(delivered(download.onBlockTransactions(alice, hash, [all[1]!, all[3]!], NOON))).toEqual([2])
  })

  it('come unasked from a high-bandwidth peer, and the block is not asked for in another way', () => {
    pool = [...all]
    const actions = unasked(block)
    expect(delivered(actions)).toEqual([2])
    expect(asks(actions)).toEqual([[alice, true]])
  })

  it('give way to the whole block when the answer makes another one, and nobody is blamed', () => {
    announce(block)
    download.onCompactBlock(alice, compact(), NOON)
    const hash = blockHash(block.header)
    const actions = download.onBlockTransactions(alice, hash, [...all].reverse(), NOON)
    expect(asks(actions)).toEqual([[alice, FULL]])
    expect(actions.some(({ type }) => type === 'punish')).toBe(false)
    expect(delivered(download.onBlock(alice, block, NOON))).toEqual([2])
  })

  it('end with a peer that answers with the wrong number, and go on with another', () => {
    announce(block)
    download.peerHas(bob, blockHash(block.header), NOON)
    download.onCompactBlock(alice, compact(), NOON)
    const actions = download.onBlockTransactions(alice, blockHash(block.header), all.slice(1), NOON)
    expect(actions[0]).toMatchObject({ type: 'punish', peer: alice, reason: 'invalid-compact-block' })
    expect(asks(actions).filter(([peer]) => peer === bob)).toHaveLength(1)
  })

  it('have one state for each peer and block: a second answer changes nothing (CVE-2024-35202)', () => {
    announce(block)
    download.onCompactBlock(alice, compact(), NOON)
    const hash = blockHash(block.header)
    download.onBlockTransactions(alice, hash, [...all].reverse(), NOON)
    for (const peer of [alice, bob]) expect(download.onBlockTransactions(peer, hash, all, NOON)).toEqual([])
    expect(download.onBlockTransactions(alice, regtest.genesisHash, all, NOON)).toEqual([])
  })

  it('are ignored when they were neither asked for nor expected', () => {
    announce(block)
    expect(download.onCompactBlock(bob, compact(), NOON)).toEqual([])
    const stranger = freshBlock(all, 9, mineHeader(parent), 3)
    expect(download.onCompactBlock(alice, compact(stranger), NOON)).toEqual([])
  })

  it('can come from three peers at once, so that none holds the block hostage', () => {
    const next = atTipWith([alice, bob, carol])
    const hash = blockHash(next.header)
    expect(asks(unasked(next, alice))).toEqual([[alice, [1, 2, 3, 4]]])
    for (const peer of [bob, carol]) expect(asks(unasked(next, peer))).toEqual([[peer, [1, 2, 3, 4]]])
    expect(delivered(download.onBlockTransactions(carol, hash, all, NOON))).toEqual([5])
    expect(download.onBlockTransactions(alice, hash, all, after(10))).toEqual([])
  })

  it('come from no fourth, and from two at most that dialled us, so that there is a place for one that we dialled', () => {
    const [dave, erin] = [peerId(4), peerId(5)]
    for (const peer of [dave, erin]) {
      download.addPeer(peer, { ...facts, preferred: false }, NOON)
      download.onSendCompact(peer, 2n)
    }
    const next = atTipWith([alice, dave, erin])
    expect(asks(unasked(next, dave))).toEqual([[dave, [1, 2, 3, 4]]])
    expect(asks(unasked(next, erin))).toEqual([[erin, [1, 2, 3, 4]]])
    expect(asks(unasked(next, alice))).toEqual([[alice, [1, 2, 3, 4]]])
    expect(asks(unasked(next, bob))).toEqual([])
  })

  it('are taken by the time of day: not while the chain is two days old, whatever the clock of the process says', () => {
    const day = 86_400_000
    const setAhead = (at: Instant): WallTime => (at + 2 * day) as WallTime
    download = new BlockDownload({}, { chain, transactions: () => pool, wallTime: setAhead })
    for (const peer of [alice, bob]) {
      download.addPeer(peer, facts, NOON)
      download.onSendCompact(peer, 2n)
    }
    download.openStream({ from: 2 }, NOON)
    chain.accept([block.header], NOON)
    download.expectCompactBlock(alice, blockHash(block.header), NOON)
    expect(asks(download.onCompactBlock(alice, compact(), NOON))).toEqual([])
  })

  it('of one peer and block are looked at once: the pool is not walked again, and nothing is asked for again', () => {
    let walked = 0
    download = new BlockDownload(
      {},
      {
        chain,
        wallTime,
        transactions: function* () {
          walked++
          yield* all.slice(0, 2)
        },
      },
    )
    for (const peer of [alice, bob]) {
      download.addPeer(peer, facts, NOON)
      download.onSendCompact(peer, 2n)
    }
    download.openStream({ from: 2 }, NOON)
    const actions = Array.from({ length: 600 }, () => unasked(block)).flat()
    expect([walked, asks(actions)]).toEqual([1, [[alice, [3, 4]]]])
    // Nor when it has led nowhere.
    download.onBlockTransactions(alice, blockHash(block.header), [all[0]!, all[1]!], NOON)
    expect(asks(Array.from({ length: 600 }, () => unasked(block)).flat())).toEqual([])
    expect(walked).toBe(1)
  })

  it('have the pool walked a dozen times a minute at most, and the whole block asked for then', () => {
    let walked = 0
    const many = Array.from({ length: 30_000 }, () => all[0]!)
    download = new BlockDownload(
      {},
      {
        chain,
        wallTime,
        transactions: function* () {
          for (const one of many) {
            walked++
            yield one
          }
        },
      },
    )
    download.addPeer(alice, facts, NOON)
    download.onSendCompact(alice, 2n)
    const { stream } = download.openStream({ from: 2 }, NOON)
    let on = parent
    for (let i = 0; i < 30; i++) {
      const next = mineBlock(on, [coinbaseAt(2 + i), ...all])
      on = { ...next.header }
      unasked(next)
      download.onBlock(alice, next, NOON)
      download.consumed(stream, 1, NOON)
    }
    expect(walked).toBeLessThan(13 * 25_001)
  })

  it('never stand in the way of a peer that we dialled, when they come from one that dialled us', () => {
    const dave = peerId(4)
    download.addPeer(dave, { ...facts, preferred: false }, NOON)
    download.onSendCompact(dave, 2n)
    const next = atTipWith([dave])
    expect(asks(unasked(next, dave))).toEqual([[dave, [1, 2, 3, 4]]])
    expect(asks(download.peerHas(alice, blockHash(next.header), NOON))).toEqual([[alice, COMPACT]])
  })

  it('keep others from being asked for 2 s, and whoever does not send the rest from being first again', () => {
    const next = atTipWith([alice])
    expect(asks(unasked(next, alice))).toEqual([[alice, [1, 2, 3, 4]]])
    expect(asks(download.peerHas(bob, blockHash(next.header), NOON))).toEqual([])
    expect(asks(download.tick(after(1_999)))).toEqual([])
    const later = asks(download.tick(after(2_000)))
    expect(later).toContainEqual([alice, false])
    expect(later).toContainEqual([bob, COMPACT])
  })

  it('are not taken unasked below the tip, nor of a chain that is old', () => {
    const next = mineBlock(block.header, [coinbaseAt(3), ...all])
    const last = mineBlock(next.header, [coinbaseAt(4), ...all])
    chain.accept([block.header, next.header, last.header], NOON)
    download.expectCompactBlock(alice, blockHash(block.header), NOON)
    expect(download.onCompactBlock(alice, compact(), NOON)).toEqual([])
    const muchLater = after(30 * 3_600_000)
    download.expectCompactBlock(alice, blockHash(next.header), muchLater)
    expect(download.onCompactBlock(alice, compact(next), muchLater)).toEqual([])
  })

  it('with more transactions than a block has room for are refused before any work', () => {
    announce(block)
    const shortIds = Array.from({ length: 20_000 }, (_, id) => id)
    const actions = download.onCompactBlock(alice, { ...compact(), shortIds }, NOON)
    expect(actions[0]).toMatchObject({ type: 'punish', peer: alice, reason: 'invalid-compact-block' })
  })

  it('are not held against a peer when the block is invalid, unlike a whole block', () => {
    pool = [...all]
    const bad = freshBlock(all, 0, parent, 9)
    const actions = unasked(bad)
    expect(actions.some(({ type }) => type === 'punish')).toBe(false)
    expect(actions).toContainEqual(
      expect.objectContaining({ type: 'block-invalid', rule: 'bad-coinbase-height' }),
    )
  })

  it('are asked for unasked of the last three peers that were first', () => {
    const peers = [1, 2, 3, 4].map(peerId)
    download.addPeer(peers[3]!, facts, NOON)
    download.onSendCompact(peers[3]!, 2n)
    let on = parent
    const switched: Asked[] = []
    peers.forEach((peer, i) => {
      const next = freshBlock([], i, on, 2 + i)
      on = next.header
      announce(next, peer)
      switched.push(
        ...asks(download.onBlock(peer, next, NOON)).filter(([, what]) => typeof what === 'boolean'),
      )
    })
    expect(switched).toEqual([
      [peers[0], true],
      [peers[1], true],
      [peers[2], true],
      [peers[3], true],
      [peers[0], false],
    ])
  })

  it('are not asked for unasked by a node without a pool, whoever was first', () => {
    download = new BlockDownload({}, { chain, wallTime })
    download.addPeer(alice, facts, NOON)
    download.onSendCompact(alice, 2n)
    download.openStream({ from: 2 }, NOON)
    announce(block)
    const actions = download.onBlock(alice, block, NOON)
    expect([delivered(actions), asks(actions)]).toEqual([[2], []])
  })

  it('are not asked for while the chain is old, nor from a peer of another version', () => {
    const hash: BlockHash = blockHash(block.header)
    chain.accept([block.header], NOON)
    download.removePeer(bob, NOON)
    download.removePeer(carol, NOON)
    expect(asks(download.peerHas(alice, hash, after(3 * 3_600_000)))).toEqual([[alice, FULL]])
    download.addPeer(bob, facts, NOON)
    download.onSendCompact(bob, 1n)
    download.peerHas(bob, hash, NOON)
    expect(asks(download.removePeer(alice, NOON))).toEqual([[bob, FULL]])
  })
})
