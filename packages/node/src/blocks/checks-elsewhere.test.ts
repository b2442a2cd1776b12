import { type Block, blockHash } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { beforeEach, describe, expect, it } from 'vitest'
import { mineBlocks, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, NOON, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { BlockDownload } from './block-download.ts'
import type { BlockDownloadAction, BlockToCheck } from './block-download-action.ts'

const blocks = mineBlocks(regtest.genesis, 0, 60)
const tip = blockHash(blocks.at(-1)!.header)
const at = (height: number): Block => blocks[height - 1]!

let download: BlockDownload

beforeEach(() => {
  const chain = new StorableHeaderChain({ network: regtest })
  chain.accept(
    blocks.map(({ header }) => header),
    NOON,
  )
  download = new BlockDownload({ window: 20 }, { chain, checksElsewhere: true, wallTime })
})

function join(peer: PeerId): BlockDownloadAction[] {
  const facts = { serves: 'all', preferred: true, protected: false } as const
  return [...download.addPeer(peer, facts, NOON), ...download.peerHas(peer, tip, NOON)]
}

function arrive(peer: PeerId, block: Block): BlockDownloadAction[] {
  return download.onBlock(peer, block, NOON)
}

function toCheck(actions: readonly BlockDownloadAction[]): BlockToCheck[] {
  return actions.flatMap((action) => (action.type === 'check' ? [action] : []))
}

describe('a block that is checked elsewhere', () => {
  it('is given out to be checked, and delivered when nothing was found', () => {
    join(alice)
    download.openStream({ from: 1, to: 2 }, NOON)
    const given = arrive(alice, at(1))
    expect(given).toMatchObject([{ type: 'check', peer: alice, height: 1, block: at(1) }])
    expect(download.inFlight).toBe(2)
    expect(download.onChecked(toCheck(given)[0]!, undefined, NOON)).toMatchObject([
      { type: 'deliver', block: { height: 1, peer: alice } },
    ])
    expect(download.inFlight).toBe(1)
  })

  it('is delivered in order, however the checks end', () => {
    join(alice)
    download.openStream({ from: 1, to: 2 }, NOON)
    const [first] = toCheck(arrive(alice, at(1)))
    const [second] = toCheck(arrive(alice, at(2)))
    expect(download.onChecked(second!, undefined, NOON)).toEqual([])
    expect(download.onChecked(first!, undefined, NOON)).toMatchObject([
      { type: 'deliver', block: { height: 1 } },
      { type: 'deliver', block: { height: 2 } },
      { type: 'stream-end' },
    ])
  })

  it('costs its peer the connection where a fault was found, and is asked of another', () => {
    join(alice)
    download.openStream({ from: 1, to: 1 }, NOON)
    join(bob)
    const [check] = toCheck(arrive(alice, at(1)))
    expect(download.onChecked(check!, { rule: 'bad-merkle-root', mutated: true }, NOON)).toMatchObject([
      { type: 'punish', peer: alice, reason: 'mutated-block' },
      { type: 'send', peer: bob, message: { type: 'getdata' } },
    ])
  })

  it('is given out once, however often its peer sends it', () => {
    join(alice)
    download.openStream({ from: 1 }, NOON)
    expect(toCheck(arrive(alice, at(1)))).toHaveLength(1)
    for (let turn = 0; turn < 100; turn++) expect(arrive(alice, at(1))).toEqual([])
  })

  it('is one that its peer was asked for: others are checked at once, and none is kept waiting', () => {
    join(alice)
    download.openStream({ from: 1 }, NOON)
    join(bob)
    const mutated = { header: at(1).header, transactions: [...at(1).transactions, ...at(1).transactions] }
    expect(arrive(bob, mutated)).toMatchObject([{ type: 'punish', peer: bob }])
    expect(download.inFlight).toBe(20)
    expect(arrive(bob, at(2))).toEqual([])
    expect(download.inFlight).toBe(19)
    expect(arrive(alice, at(60))).toEqual([])
  })

  it('is not waited for: its peer has sent it', () => {
    join(alice)
    download.openStream({ from: 1, to: 1 }, NOON)
    join(bob)
    const [check] = toCheck(arrive(alice, at(1)))
    for (let minute = 1; minute <= 60; minute++) expect(download.tick(after(minute * 60_000))).toEqual([])
    expect(download.onChecked(check!, undefined, after(3_600_000))).toMatchObject([
      { type: 'deliver' },
      { type: 'stream-end' },
    ])
  })

  it('does not let its peer be taken for the one that a full window waits for', () => {
    join(alice)
    download.openStream({ from: 1 }, NOON)
    join(bob)
    const checks = Array.from({ length: 16 }, (_, i) => toCheck(arrive(alice, at(i + 1)))[0]!)
    for (let height = 17; height <= 20; height++) {
      download.onChecked(toCheck(arrive(bob, at(height)))[0]!, undefined, NOON)
    }
    expect(download.tick(after(2_000))).toEqual([])
    expect(download.tick(after(3_000))).toEqual([])
    const [delivered] = download.onChecked(checks[0]!, undefined, after(3_000))
    expect(delivered).toMatchObject({ type: 'deliver', block: { height: 1 } })
  })

  it('is delivered though its peer has gone meanwhile', () => {
    join(alice)
    download.openStream({ from: 1, to: 1 }, NOON)
    const [check] = toCheck(arrive(alice, at(1)))
    download.removePeer(alice, NOON)
    expect(download.onChecked(check!, undefined, NOON)).toMatchObject([
      { type: 'deliver' },
      { type: 'stream-end' },
    ])
    expect(download.inFlight).toBe(0)
  })

  it('is dropped where nobody wants it any more', () => {
    join(alice)
    const { stream } = download.openStream({ from: 1, to: 1 }, NOON)
    const [check] = toCheck(arrive(alice, at(1)))
    download.closeStream(stream)
    expect(download.onChecked(check!, undefined, NOON)).toEqual([])
    expect(download.inFlight).toBe(0)
  })
})
