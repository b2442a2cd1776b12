import { type Block, type BlockHash, blockHash } from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { coinbaseAt, hashesOf, mineBlock, mineBlocks, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, carol, NOON, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { BlockDownload } from './block-download.ts'
import type { BlockDownloadOptions } from './block-download-options.ts'
import type { BlockDownloadAction, BlockPeer } from './block-download-action.ts'

const full: BlockPeer = { serves: 'all', preferred: true, protected: false }
const blocks = mineBlocks(regtest.genesis, 0, 400)
const tip = blockHash(blocks.at(-1)!.header)

let chain: StorableHeaderChain
let download: BlockDownload

function start(options: BlockDownloadOptions = {}): void {
  chain = new StorableHeaderChain({ network: regtest })
  chain.accept(
    blocks.map(({ header }) => header),
    NOON,
  )
  download = new BlockDownload(options, { chain, wallTime })
}

beforeEach(() => start())

function join(peer: PeerId, facts: BlockPeer = full, now: Instant = NOON): BlockDownloadAction[] {
  return [...download.addPeer(peer, facts, now), ...download.peerHas(peer, tip, now)]
}

/** Heights asked of a peer (of anyone), in order. */
function asked(actions: readonly BlockDownloadAction[], peer?: PeerId): number[] {
  return actions.flatMap((action) =>
    action.type === 'send' && (peer ?? action.peer) === action.peer && action.message.type === 'getdata'
      ? action.message.inventory.map(({ hash }) => chain.heightOf(hash as BlockHash)!)
      : [],
  )
}

function delivered(actions: readonly BlockDownloadAction[]): number[] {
  return actions.flatMap((action) => (action.type === 'deliver' ? [action.block.height] : []))
}

function ofType(
  actions: readonly BlockDownloadAction[],
  type: BlockDownloadAction['type'],
): BlockDownloadAction[] {
  return actions.filter((action) => action.type === type)
}

const at = (height: number): Block => blocks[height - 1]!
const heights = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('the block download', () => {
  it('asks each peer for 16 blocks, in order, and for four more with every fourth that comes', () => {
    join(alice)
    join(bob)
    const { actions } = download.openStream({ from: 1 }, NOON)
    expect(asked(actions, alice)).toEqual(heights(1, 16))
    expect(asked(actions, bob)).toEqual(heights(17, 32))
    for (const height of heights(1, 3)) expect(asked(download.onBlock(alice, at(height), NOON))).toEqual([])
    expect(asked(download.onBlock(alice, at(4), NOON), alice)).toEqual(heights(33, 36))
  })

  it('asks for blocks with their witness', () => {
    join(alice)
    const { actions } = download.openStream({ from: 1, to: 1 }, NOON)
    expect(actions).toMatchObject([{ message: { type: 'getdata', inventory: [{ type: 0x40000002 }] } }])
  })

  it('delivers in order what arrives in any order', () => {
    join(alice)
    const { stream, actions } = download.openStream({ from: 1, to: 40 }, NOON)
    const order = [...asked(actions)].reverse()
    const seen: number[] = []
    for (let height = order.shift(); height !== undefined; height = order.shift()) {
      const more = download.onBlock(alice, at(height), NOON)
      order.push(...asked(more))
      seen.push(...delivered(more))
      if (seen.length > 0) order.push(...asked(download.consumed(stream, 1, NOON)))
    }
    expect(seen).toEqual(heights(1, 40))
  })

  it('ends a range', () => {
    join(alice)
    const { stream } = download.openStream({ from: 5, to: 6 }, NOON)
    download.onBlock(alice, at(5), NOON)
    expect(download.onBlock(alice, at(6), NOON)).toMatchObject([
      { type: 'deliver' },
      { type: 'stream-end', stream },
    ])
    expect(download.inFlight).toBe(0)
  })

  it('stops delivering to a program that takes nothing, and stops asking when its buffer is full', () => {
    start({ bufferBytes: 20_000 })
    join(alice)
    const { stream } = download.openStream({ from: 1 }, NOON)
    const seen: number[] = []
    let asks = 0
    for (let height = 1; height <= 400; height++) {
      const actions = download.onBlock(alice, at(height), NOON)
      seen.push(...delivered(actions))
      asks += asked(actions).length
    }
    expect(seen).toEqual(heights(1, 64))
    expect(asks).toBeLessThan(300)
    expect(delivered(download.consumed(stream, 10, NOON)).length).toBeLessThanOrEqual(10)
  })

  it('gives the blocks of a peer that is gone to others', () => {
    join(alice)
    download.openStream({ from: 1 }, NOON)
    join(bob)
    expect(asked(download.removePeer(alice, NOON), bob)).toEqual([])
    for (let height = 17; height <= 32; height++) download.onBlock(bob, at(height), NOON)
    const actions = download.onBlock(bob, at(33), NOON)
    expect(download.inFlight).toBe(16)
    expect([...asked(actions)].every((height) => height < 60)).toBe(true)
  })

  it('finishes from the second peer when the first dies', () => {
    join(alice)
    const { stream, actions } = download.openStream({ from: 1, to: 100 }, NOON)
    const queue: number[] = []
    const seen: number[] = []
    const take = (more: readonly BlockDownloadAction[]): void => {
      queue.push(...asked(more, bob))
      for (const height of delivered(more)) {
        seen.push(height)
        take(download.consumed(stream, 1, NOON))
      }
    }
    for (const height of asked(actions).slice(0, 7)) take(download.onBlock(alice, at(height), NOON))
    take(join(bob))
    take(download.removePeer(alice, NOON))
    for (let height = queue.shift(); height !== undefined; height = queue.shift()) {
      take(download.onBlock(bob, at(height), NOON))
    }
    expect(seen).toEqual(heights(1, 100))
  })

  it('asks another peer at once for what one has not', () => {
    join(alice)
    join(bob)
    download.openStream({ from: 1, to: 3 }, NOON)
    expect(asked(download.onNotFound(alice, [blockHash(at(2).header)], NOON), bob)).toEqual([2])
  })

  it('asks nobody for what they are not known to have', () => {
    download.addPeer(alice, full, NOON)
    expect(asked(download.openStream({ from: 1 }, NOON).actions)).toEqual([])
    expect(asked(download.peerHas(alice, blockHash(at(3).header), NOON))).toEqual([1, 2, 3])
  })

  it('asks a pruned peer for recent blocks only', () => {
    join(alice, { ...full, serves: 'recent' })
    join(bob, { ...full, serves: 'none' })
    expect(asked(download.openStream({ from: 1 }, NOON).actions)).toEqual([])
    expect(asked(download.openStream({ from: 115, to: 116 }, NOON).actions)).toEqual([115, 116])
    expect(asked(download.openStream({ from: 114, to: 114 }, NOON).actions)).toEqual([])
  })

  it('ignores blocks that nobody wants and blocks it has no header for', () => {
    join(alice)
    expect(download.onBlock(alice, at(9), NOON)).toEqual([])
    const stranger = mineBlock(at(400).header, [coinbaseAt(401)])
    expect(download.onBlock(alice, stranger, NOON)).toEqual([])
  })

  it('punishes a mutated block and gets the real one elsewhere', () => {
    join(alice)
    join(bob)
    download.openStream({ from: 1, to: 1 }, NOON)
    const mutated = { header: at(1).header, transactions: [coinbaseAt(1, 99)] }
    const actions = download.onBlock(alice, mutated, NOON)
    expect(ofType(actions, 'punish')).toMatchObject([{ peer: alice, reason: 'mutated-block' }])
    expect(asked(actions, bob)).toEqual([1])
    expect(delivered(download.onBlock(bob, at(1), NOON))).toEqual([1])
  })

  it('takes an invalid block out of the chain, with what builds on it', () => {
    const bad = mineBlock(at(400).header, [coinbaseAt(7)])
    chain.accept([bad.header], NOON)
    join(alice)
    download.peerHas(alice, blockHash(bad.header), NOON)
    download.openStream({ from: 401 }, NOON)
    const actions = download.onBlock(alice, bad, NOON)
    expect(ofType(actions, 'punish')).toMatchObject([{ reason: 'invalid-block' }])
    expect(ofType(actions, 'block-invalid')).toMatchObject([
      { rule: 'bad-coinbase-height', change: { newTip: { height: 400 } } },
    ])
    expect(chain.tip().height).toBe(400)
  })

  it('rewinds a stream over a reorg and goes on with the new blocks', () => {
    join(alice)
    const { stream } = download.openStream({ from: 396 }, NOON)
    for (let height = 396; height <= 400; height++) download.onBlock(alice, at(height), NOON)
    const branch = mineBlocks(at(395).header, 395, 6, 5)
    const { tipChange } = chain.accept(
      branch.map(({ header }) => header),
      NOON,
    )
    const actions = download.onTipChange(tipChange!, NOON)
    expect(actions).toMatchObject([{ type: 'rewind', stream, change: { fork: { height: 395 } } }])
    expect(ofType(actions, 'rewind')[0]).toMatchObject({ change: { disconnected: { length: 5 } } })
    expect(asked(download.peerHas(alice, hashesOf(branch).at(-1)!, NOON))).toEqual(heights(396, 401))
    const seen = branch.flatMap((block) => delivered(download.onBlock(alice, block, NOON)))
    expect(seen).toEqual(heights(396, 401))
  })

  it('says nothing of a reorg above what a stream delivered', () => {
    join(alice)
    download.openStream({ from: 390 }, NOON)
    const branch = mineBlocks(at(395).header, 395, 6, 5)
    const { tipChange } = chain.accept(
      branch.map(({ header }) => header),
      NOON,
    )
    expect(ofType(download.onTipChange(tipChange!, NOON), 'rewind')).toEqual([])
  })

  it('lets go the peer that the whole window waits for, after 2 s', () => {
    start({ window: 20 })
    join(alice)
    download.openStream({ from: 1 }, NOON)
    join(bob)
    for (let height = 17; height <= 20; height++) download.onBlock(bob, at(height), NOON)
    expect(ofType(download.tick(after(1999)), 'disconnect')).toEqual([])
    const actions = download.tick(after(2000))
    expect(ofType(actions, 'disconnect')).toEqual([
      { type: 'disconnect', peer: alice, reason: 'block-stalling' },
    ])
    actions.push(...download.removePeer(alice, after(2000)))
    expect(asked(actions, bob)).toEqual(heights(1, 16))
  })

  it('asks a peer that it dialled at once for what one that dialled it has claimed and never sent', () => {
    const stranger = { ...full, preferred: false }
    join(alice, stranger)
    expect(asked(download.openStream({ from: 400 }, NOON).actions, alice)).toEqual([400])
    expect(asked(join(bob), bob)).toEqual([400])
    expect(asked(join(carol), carol)).toEqual([])
  })

  it('leaves the blocks of a sync to the peers that it dialled, while they keep up', () => {
    join(alice, { ...full, preferred: false })
    join(bob)
    const { actions } = download.openStream({ from: 1 }, NOON)
    expect([asked(actions, alice), asked(actions, bob)]).toEqual([[], heights(1, 16)])
    expect(asked(download.tick(after(2_000)), alice)).toEqual(heights(1, 16))
  })

  it('costs no more for a block, however many dialled us and claim what nobody else has', () => {
    let looks = 0
    const stranger: BlockPeer = {
      preferred: false,
      protected: false,
      get serves() {
        looks++
        return 'all' as const
      },
    }
    join(alice)
    download.peerHas(alice, blockHash(at(300).header), NOON)
    download.openStream({ from: 1, to: 300 }, NOON)
    for (let n = 0; n < 100; n++) join(peerId(100 + n), stranger)
    download.openStream({ from: 301 }, NOON)
    looks = 0
    for (const height of heights(1, 100)) download.onBlock(alice, at(height), after(5))
    expect(looks).toBeLessThan(1_000)
    download.onBlock(alice, at(101), after(20))
    const again = looks
    expect(looks).toBeGreaterThanOrEqual(100)
    download.onNotFound(peerId(100), [blockHash(at(301).header)], after(21))
    expect(looks).toBeGreaterThan(again)
  })

  it('asks one more peer for a block each 2 s, as long as all who were asked are silent', () => {
    for (const peer of [alice, bob, carol]) join(peer)
    download.openStream({ from: 400 }, NOON)
    expect(asked(download.tick(after(2_000)))).toEqual([400])
    expect(asked(download.tick(after(3_900)))).toEqual([])
    expect(asked(download.tick(after(4_000)))).toEqual([400])
    expect(asked(download.tick(after(6_000)))).toEqual([])
  })

  it('is told by a `notfound` of what was asked for alone', () => {
    join(alice)
    download.openStream({ from: 1, to: 20 }, NOON)
    download.onNotFound(alice, [tip, blockHash(at(20).header)], NOON)
    for (let height = 1; height <= 4; height++) download.onBlock(alice, at(height), NOON)
    expect(download.inFlight).toBe(16)
  })

  it('does not blame a peer while it is the only one', () => {
    start({ window: 10 })
    join(alice)
    download.openStream({ from: 1 }, NOON)
    expect(download.tick(after(60_000))).toEqual([])
  })

  it('does not blame a peer because the program is slow', () => {
    start({ window: 100 })
    join(alice)
    join(bob)
    download.openStream({ from: 1 }, NOON)
    for (let height = 1; height <= 164; height++) download.onBlock(height % 2 ? alice : bob, at(height), NOON)
    expect(download.tick(after(300_000))).toEqual([])
  })

  it('asks another peer for the last blocks of a silent one, and lets it go after a minute', () => {
    join(alice)
    download.openStream({ from: 400 }, NOON)
    join(bob)
    expect(asked(download.tick(after(1999)))).toEqual([])
    expect(asked(download.tick(after(2000)), bob)).toEqual([400])
    expect(ofType(download.tick(after(59_999)), 'disconnect')).toEqual([])
    expect(ofType(download.tick(after(60_000)), 'disconnect')).toMatchObject([
      { peer: alice, reason: 'block-stalling' },
    ])
  })

  it('takes the late block of a slow peer, and trusts it again', () => {
    join(alice)
    download.openStream({ from: 399 }, NOON)
    join(bob)
    download.tick(after(2000))
    expect(delivered(download.onBlock(alice, at(399), after(3000)))).toEqual([399])
    expect(delivered(download.onBlock(bob, at(400), after(3000)))).toEqual([400])
    expect(download.onBlock(alice, at(400), after(3100))).toEqual([])
    expect(ofType(download.tick(after(80_000)), 'disconnect')).toEqual([])
  })

  it('lets go a late peer that sends everything but what it was asked for', () => {
    start({ window: 20 })
    join(alice)
    download.openStream({ from: 1 }, NOON)
    join(bob)
    for (let height = 17; height <= 20; height++) download.onBlock(bob, at(height), NOON)
    const junk = [at(17), at(300), mineBlock(regtest.genesis, [coinbaseAt(1, 9)])]
    for (const block of junk) expect(download.onBlock(alice, block, after(1_500))).toEqual([])
    const transactions = [coinbaseAt(1)]
    download.onBlockTransactions(alice, blockHash(at(1).header), transactions, after(1_600))
    download.onCompactBlock(
      alice,
      { header: at(1).header, nonce: 1n, shortIds: [1, 2], prefilled: [] },
      after(1_700),
    )
    expect(ofType(download.tick(after(2_000)), 'disconnect')).toMatchObject([
      { peer: alice, reason: 'block-stalling' },
    ])
  })

  it('lets go a late peer whose blocks have all come from another', () => {
    join(alice)
    download.openStream({ from: 399 }, NOON)
    join(bob)
    download.tick(after(2_000))
    for (const height of [399, 400]) download.onBlock(bob, at(height), after(2_100))
    download.onBlock(alice, at(17), after(50_000))
    expect(ofType(download.tick(after(60_000)), 'disconnect')).toMatchObject([
      { peer: alice, reason: 'block-stalling' },
    ])
  })

  it('asks a protected peer again after a minute, though it owes blocks', () => {
    join(alice, { ...full, protected: true })
    const { stream } = download.openStream({ from: 399 }, NOON)
    join(bob)
    download.tick(after(2_000))
    for (const height of [399, 400]) download.onBlock(bob, at(height), after(2_100))
    download.closeStream(stream)
    download.removePeer(bob, after(2_100))
    expect(asked(download.openStream({ from: 50, to: 50 }, after(2_200)).actions)).toEqual([])
    expect(asked(download.tick(after(60_000)), alice)).toEqual([50])
  })

  it('does not ask a peer again for what it has not got, while somebody else owes it', () => {
    join(bob, { ...full, preferred: false })
    expect(asked(download.openStream({ from: 1, to: 3 }, NOON).actions, bob)).toEqual([1, 2, 3])
    expect(asked(join(alice), alice)).toEqual([1, 2, 3])
    expect(asked(download.onNotFound(alice, hashesOf(blocks.slice(0, 3)), NOON), alice)).toEqual([])
    expect(asked(download.tick(after(1_000)), alice)).toEqual([])
  })

  it('asks nobody to help with a block beside the best chain that it has refused, whatever its height', () => {
    const side = mineBlocks(at(1).header, 1, 1, 9)
    chain.accept([side[0]!.header], NOON)
    join(bob, { ...full, preferred: false })
    const hash = hashesOf(side)[0]!
    expect(asked(download.want(hash, NOON), bob)).toEqual([2])
    expect(asked(join(alice), alice)).toEqual([2])
    expect(asked(download.onNotFound(alice, [hash], NOON), alice)).toEqual([])
    // That it lacks this one says nothing of what it has of the best chain.
    expect(asked(download.openStream({ from: 2, to: 2 }, NOON).actions, alice)).toEqual([2])
  })

  it('asks one that dialled us for a block beside the best chain that those whom it dialled have not got', () => {
    const side = mineBlocks(at(1).header, 1, 1, 9)
    chain.accept([side[0]!.header], NOON)
    join(alice)
    join(bob, { ...full, preferred: false })
    const hash = hashesOf(side)[0]!
    expect(asked(download.want(hash, NOON))).toEqual([2])
    expect(asked(download.onNotFound(alice, [hash], NOON), bob)).toEqual([2])
    expect(download.onNotFound(bob, [hash], NOON)).toEqual([{ type: 'single-unavailable', hash }])
  })

  it('asks a peer again for what it had not got, soon, and then less and less often', () => {
    join(alice)
    download.openStream({ from: 399 }, NOON)
    download.onNotFound(alice, [tip, blockHash(at(399).header)], NOON)
    expect(asked(download.tick(after(9_999)))).toEqual([])
    expect(asked(download.tick(after(10_000)), alice)).toEqual([399, 400])
    download.onNotFound(alice, [blockHash(at(399).header), tip], after(10_000))
    expect(asked(download.tick(after(29_999)))).toEqual([])
    expect(asked(download.tick(after(30_000)), alice)).toEqual([399, 400])
    expect(delivered(download.onBlock(alice, at(399), after(30_100)))).toEqual([399])
    // It goes on, and what it lacks now is another matter.
    download.onNotFound(alice, [tip], after(30_200))
    expect(asked(download.tick(after(40_200)), alice)).toEqual([400])
  })

  it('knows that no peer has a block though each is asked for it again, and says so of a stream', () => {
    join(alice)
    download.openStream({ from: 400 }, NOON)
    download.onNotFound(alice, [tip], NOON)
    download.tick(NOON)
    expect(asked(download.tick(after(10_000)), alice)).toEqual([400])
    expect(download.isUnavailable(tip)).toBe(true)
    expect(ofType(download.tick(after(59_999)), 'stream-unavailable')).toEqual([])
    expect(ofType(download.tick(after(60_000)), 'stream-unavailable')).toHaveLength(1)
    join(bob)
    expect(download.isUnavailable(tip)).toBe(false)
  })

  it('goes on with a late peer that says it has not got the blocks', () => {
    join(alice)
    download.openStream({ from: 400 }, NOON)
    join(bob)
    download.tick(after(2_000))
    download.onNotFound(alice, [tip], after(2_100))
    download.onBlock(bob, at(400), after(2_100))
    expect(ofType(download.tick(after(80_000)), 'disconnect')).toEqual([])
    download.removePeer(bob, after(80_000))
    expect(asked(download.openStream({ from: 50, to: 50 }, after(80_000)).actions, alice)).toEqual([50])
  })

  it('lets go a lone peer that sends no block for the block timeout', () => {
    join(alice)
    download.openStream({ from: 1 }, NOON)
    expect(ofType(download.tick(after(599_999)), 'disconnect')).toEqual([])
    expect(ofType(download.tick(after(600_000)), 'disconnect')).toMatchObject([
      { peer: alice, reason: 'block-timeout' },
    ])
  })

  it('fetches one block by its hash, and says when nobody has it', () => {
    join(alice)
    join(bob)
    const hash = blockHash(at(200).header)
    expect(asked(download.want(hash, NOON), alice)).toEqual([200])
    const refused = download.onNotFound(alice, [hash], NOON)
    expect(asked(refused, bob)).toEqual([200])
    expect(download.onNotFound(bob, [hash], NOON)).toEqual([{ type: 'single-unavailable', hash }])
    expect(asked(join(carol), carol)).toEqual([200])
    expect(download.onBlock(carol, at(200), NOON)).toMatchObject([
      { type: 'single', block: { height: 200, peer: carol } },
    ])
  })

  it('knows when no peer may have a block, and says so of a stream after a minute', () => {
    join(alice, { ...full, serves: 'recent' })
    const old = blockHash(at(10).header)
    download.want(old, NOON)
    expect([download.isUnavailable(old), download.isUnavailable(tip)]).toEqual([true, false])
    download.openStream({ from: 10, to: 12 }, NOON)
    download.tick(NOON)
    expect(ofType(download.tick(after(59_999)), 'stream-unavailable')).toEqual([])
    expect(ofType(download.tick(after(60_000)), 'stream-unavailable')).toEqual([
      { type: 'stream-unavailable', hash: old },
    ])
    expect(ofType(download.tick(after(120_000)), 'stream-unavailable')).toEqual([])
    join(bob)
    expect(download.isUnavailable(old)).toBe(false)
  })

  it('asks once for a block that a stream and a program want', () => {
    join(alice)
    download.openStream({ from: 10, to: 12 }, NOON)
    expect(asked(download.want(blockHash(at(11).header), NOON))).toEqual([])
    expect(download.onBlock(alice, at(11), NOON)).toMatchObject([{ type: 'single' }])
    expect(delivered(download.onBlock(alice, at(10), NOON))).toEqual([10, 11])
  })

  it('serves two streams with one request', () => {
    join(alice)
    download.openStream({ from: 1, to: 3 }, NOON)
    expect(asked(download.openStream({ from: 2, to: 4 }, NOON).actions)).toEqual([4])
    download.onBlock(alice, at(1), NOON)
    expect(delivered(download.onBlock(alice, at(2), NOON))).toEqual([2, 2])
  })
})

describe('a peer of our own choice for which nothing is left', () => {
  it('is looked at every 10 ms at most, while another sends one block after the other', () => {
    join(alice)
    const { stream } = download.openStream({ from: 1, to: 100 }, NOON)
    const idle = { ...full, serves: 'recent' as const }
    for (let id = 100; id < 108; id++) join(peerId(id), idle)
    const looked = vi.spyOn(chain, 'tip')
    const send = (height: number, milliseconds: number): number => {
      looked.mockClear()
      download.onBlock(alice, at(height), after(milliseconds))
      download.consumed(stream, 1, after(milliseconds))
      return looked.mock.calls.length
    }
    expect([send(1, 0), send(2, 9)]).toEqual([0, 0])
    expect(send(3, 10)).toBeGreaterThan(0)
    // Nobody has sent anything of late: all are looked at each time that the program takes a block.
    download.consumed(stream, 1, after(110))
    looked.mockClear()
    download.consumed(stream, 1, after(111))
    expect(looked).toHaveBeenCalled()
  })
})

describe('a peer of our own choice that owes blocks and sends none', () => {
  it('is looked at every 10 ms at most as well', () => {
    join(alice)
    join(bob)
    download.openStream({ from: 1, to: 32 }, NOON)
    // It has room for four more, which nobody has to give.
    for (const height of heights(17, 20)) download.onBlock(bob, at(height), NOON)
    const looked = vi.spyOn(chain, 'tip')
    const looks = [200, 205, 211].map((milliseconds, index) => {
      looked.mockClear()
      download.onBlock(alice, at(1 + index), after(milliseconds))
      return looked.mock.calls.length > 0
    })
    expect(looks).toEqual([true, false, true])
  })
})

describe('a stranger', () => {
  it('has no peer looked at by blocks that nobody was asked for and nobody waits for', () => {
    for (let id = 100; id < 150; id++) join(peerId(id), { ...full, preferred: false })
    download.openStream({ from: 300 }, NOON)
    const looked = vi.spyOn(chain, 'tip')
    for (let n = 0; n < 100; n++) expect(download.onBlock(peerId(100), at(7), NOON)).toEqual([])
    expect(looked).not.toHaveBeenCalled()
    download.onBlock(peerId(100), at(300), NOON)
    expect(looked).toHaveBeenCalled()
  })
})
