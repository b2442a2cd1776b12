import { blockHash, type BlockHeader, encodePayload, type Message } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { beforeEach, describe, expect, it } from 'vitest'
import { mineHeader, mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, carol, NOON, seededRandom, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from './header-chain.ts'
import { HeaderSync } from './header-sync.ts'
import type { HeaderPeerFacts } from './header-peer.ts'
import type { HeaderSyncAction } from './header-sync-action.ts'
import { headersOf, HeadersPayload } from './header-source.ts'

const outbound: HeaderPeerFacts = { preferred: true, protected: false, chainSync: 'exempt' }
const inbound: HeaderPeerFacts = { ...outbound, preferred: false }
const manual: HeaderPeerFacts = { ...outbound, protected: true }

let chain: StorableHeaderChain
let sync: HeaderSync

beforeEach(() => {
  chain = new StorableHeaderChain({ network: regtest })
  sync = new HeaderSync({}, { chain, random: seededRandom(), wallTime })
})

function sent(actions: readonly HeaderSyncAction[], peer?: PeerId): Message[] {
  return actions.flatMap((action) =>
    action.type === 'send' && (peer ?? action.peer) === action.peer ? [action.message] : [],
  )
}

function recent(headers: readonly BlockHeader[]): BlockHeader {
  return mineHeader(headers.at(-1)!, { time: NOON / 1000 - 60 })
}

describe('the header sync', () => {
  it('asks one peer and no other while the chain is old', () => {
    expect(sent(sync.addPeer(alice, outbound, NOON))).toMatchObject([
      { type: 'getheaders', locator: [regtest.genesisHash] },
    ])
    expect(sync.addPeer(bob, outbound, NOON)).toEqual([])
  })

  it('goes on from the last header of a full message, and asks the others when it is done', () => {
    const headers = mineHeaders(regtest.genesis, 2500)
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, inbound, NOON)
    const first = sync.onHeaders(alice, headersOf(headers.slice(0, 2000)), NOON)
    expect(sent(first)).toMatchObject([{ type: 'getheaders' }])
    expect(first.filter(({ type }) => type === 'tip-changed')).toHaveLength(1)
    const second = sync.onHeaders(alice, headersOf(headers.slice(2000)), NOON)
    expect(sent(second, bob)).toHaveLength(1)
    expect(sent(second, alice)).toHaveLength(0)
    expect(second).toContainEqual({ type: 'peer-has', peer: alice, hash: blockHash(headers[2499]!) })
    expect(sync.caughtUp).toBe(true)
    expect(chain.tip().height).toBe(2500)
  })

  it('asks from the parent of the tip, so that a peer in step with us answers and shows what it has', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    chain.accept(headers, NOON)
    const [message] = sent(sync.addPeer(alice, outbound, NOON))
    expect(message).toMatchObject({ locator: expect.arrayContaining([blockHash(headers[8]!)]) })
    const actions = sync.onHeaders(alice, headersOf(headers.slice(9)), NOON)
    expect(actions).toContainEqual({ type: 'peer-has', peer: alice, hash: blockHash(headers[9]!) })
  })

  it('replaces a sync peer that says nothing once another is there, and lets it go when its time is up', () => {
    sync.addPeer(alice, outbound, NOON)
    expect(sync.tick(after(119_000))).toEqual([])
    sync.addPeer(bob, outbound, after(119_000))
    const actions = sync.tick(after(120_000))
    expect(actions.some(({ type }) => type === 'disconnect')).toBe(false)
    expect(sent(actions, bob)).toHaveLength(1)
    sync.onHeaders(bob, headersOf(mineHeaders(regtest.genesis, 10)), after(120_000))
    // 15 minutes, and a millisecond for each of the headers there may be.
    expect(sync.tick(after(15 * 60_000)).some(({ type }) => type === 'disconnect')).toBe(false)
    expect(sync.tick(after(15 * 60_000 + 900_000))).toContainEqual({
      type: 'disconnect',
      peer: alice,
      reason: 'headers-timeout',
    })
  })

  it('lets no sync peer go where there is none that it dialled to take its place', () => {
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, inbound, NOON)
    for (let minute = 1; minute < 90; minute++) {
      const actions = sync.tick(after(minute * 60_000))
      expect(actions.some(({ type }) => type === 'disconnect')).toBe(false)
    }
  })

  it('moves on at once from a sync peer that sent a bad header, also from one that is protected', () => {
    const bad = { ...mineHeader(regtest.genesis), bits: 0x1d00ffff }
    const far = mineHeader(mineHeader(regtest.genesis))
    for (const headers of [
      [bad],
      [mineHeader(regtest.genesis), { ...far, previousBlockHash: far.merkleRoot }],
    ]) {
      chain = new StorableHeaderChain({ network: regtest })
      sync = new HeaderSync({}, { chain, random: seededRandom(), wallTime })
      sync.addPeer(alice, manual, NOON)
      sync.addPeer(bob, outbound, NOON)
      const actions = sync.onHeaders(alice, headersOf(headers as BlockHeader[]), NOON)
      expect(actions).toContainEqual(expect.objectContaining({ type: 'punish', peer: alice }))
      expect(sent(actions, bob)).toMatchObject([{ type: 'getheaders' }])
    }
  })

  it('does not choose again, before its rest is over, the only peer there is that sent a bad header', () => {
    sync.addPeer(alice, manual, NOON)
    sync.onHeaders(alice, headersOf([{ ...mineHeader(regtest.genesis), bits: 0x1d00ffff }]), NOON)
    expect(sync.tick(after(119_000))).toEqual([])
    expect(sent(sync.tick(after(120_000)), alice)).toMatchObject([{ type: 'getheaders' }])
  })

  it('lets go an outbound peer that stays behind our chain, after it was asked in vain', () => {
    const headers = mineHeaders(regtest.genesis, 20)
    chain.accept(headers, NOON)
    chain.accept([recent(headers)], NOON)
    sync.addPeer(alice, { ...outbound, chainSync: 'required' }, NOON)
    sync.addPeer(bob, { ...outbound, chainSync: 'exempt' }, NOON)
    sync.onHeaders(alice, headersOf(headers.slice(9, 10)), NOON)
    expect(sync.tick(NOON)).toEqual([])
    const asked = sync.tick(after(20 * 60_000 + 1))
    expect(sent(asked, alice)).toMatchObject([{ type: 'getheaders', locator: expect.any(Array) as unknown }])
    expect(sent(asked, bob)).toEqual([])
    sync.onHeaders(alice, headersOf(headers.slice(9, 10)), after(20 * 60_000 + 2))
    expect(sync.tick(after(22 * 60_000 + 2))).toEqual([
      { type: 'disconnect', peer: alice, reason: 'old-chain' },
    ])
  })

  it('does not let go a manual peer for silence, but asks another', () => {
    sync.addPeer(alice, manual, NOON)
    sync.addPeer(bob, outbound, NOON)
    const actions = sync.tick(after(120_000))
    expect(actions.some(({ type }) => type === 'disconnect')).toBe(false)
    expect(sent(actions, bob)).toHaveLength(1)
  })

  it('replaces a sync peer that answers but takes too long in all', () => {
    const headers = mineHeaders(regtest.genesis, 2000 * 4)
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, outbound, NOON)
    let now = NOON
    let letGo = false
    for (let i = 0; i < 20 && !letGo; i++) {
      now = after(450_000, now)
      if (i < 4) sync.onHeaders(alice, headersOf(headers.slice(2000 * i, 2000 * (i + 1))), now)
      letGo = sync.tick(now).some((action) => action.type === 'disconnect' && action.peer === alice)
    }
    expect(letGo).toBe(true)
  })

  it('takes another sync peer when the one it had is gone', () => {
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, outbound, NOON)
    expect(sent(sync.removePeer(alice, NOON), bob)).toHaveLength(1)
  })

  it('does not ask the new one again for what it was asked for already', () => {
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, outbound, NOON)
    const unknown = blockHash(mineHeader(mineHeader(regtest.genesis)))
    expect(sent(sync.onBlockInventory(bob, [unknown], NOON), bob)).toHaveLength(1)
    expect(sent(sync.removePeer(alice, after(1_000)), bob)).toEqual([])
    // Its answer is asked on from, as that of any sync peer.
    const headers = mineHeaders(regtest.genesis, 2_000)
    expect(sent(sync.onHeaders(bob, headersOf(headers), after(2_000)), bob)).toHaveLength(1)
  })

  it('asks every peer at once when the tip is young', () => {
    const headers = mineHeaders(regtest.genesis, 5)
    chain.accept([...headers, recent(headers)], NOON)
    for (const peer of [alice, bob, carol])
      expect(sent(sync.addPeer(peer, inbound, NOON), peer)).toHaveLength(1)
  })

  it('has caught up once a peer has no more, also where the stored tip was young and nobody was the sync peer', () => {
    const headers = mineHeaders(regtest.genesis, 5)
    const tip = recent(headers)
    chain.accept([...headers, tip], NOON)
    sync.addPeer(alice, outbound, NOON)
    expect(sync.caughtUp).toBe(false)
    sync.onHeaders(alice, headersOf([tip]), NOON)
    expect(sync.caughtUp).toBe(true)
  })

  it('punishes the peer of a bad header, once, and keeps what came before it', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    const bad = mineHeader(headers[9]!, { version: 1 })
    sync.addPeer(alice, outbound, NOON)
    const actions = sync.onHeaders(alice, headersOf([...headers, bad, ...mineHeaders(bad, 5)]), NOON)
    expect(actions.filter(({ type }) => type === 'punish')).toMatchObject([
      { peer: alice, reason: 'invalid-header' },
    ])
    expect(chain.tip().height).toBe(10)
  })

  it('punishes headers that are not linked', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    sync.addPeer(alice, outbound, NOON)
    const actions = sync.onHeaders(alice, headersOf([...headers.slice(0, 4), ...headers.slice(6)]), NOON)
    expect(actions).toMatchObject([{ type: 'punish', peer: alice, reason: 'headers-not-linked' }])
    expect(chain.tip().height).toBe(0)
  })

  it('punishes headers that are not linked when all of them are known, too', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    sync.addPeer(alice, outbound, NOON)
    sync.onHeaders(alice, headersOf(headers), NOON)
    const actions = sync.onHeaders(alice, headersOf([...headers.slice(0, 4), ...headers.slice(5)]), NOON)
    expect(actions).toMatchObject([{ type: 'punish', peer: alice, reason: 'headers-not-linked' }])
  })

  it('looks at all headers of a message whose last is known, and makes no list of them', () => {
    const headers = mineHeaders(regtest.genesis, 200)
    const source = (sent: readonly BlockHeader[]): HeadersPayload =>
      new HeadersPayload(encodePayload({ type: 'headers', headers: sent }).payload, () => {
        throw new Error('a list was made')
      })
    sync.addPeer(alice, outbound, NOON)
    sync.onHeaders(alice, headersOf(headers), NOON)
    expect(sync.onHeaders(alice, source(headers), NOON)).toEqual([])
    const actions = sync.onHeaders(alice, source([...headers.slice(0, 128), ...headers.slice(129)]), NOON)
    expect(actions).toMatchObject([
      { type: 'punish', peer: alice, reason: 'headers-not-linked', detail: 'header 128: not-linked' },
    ])
  })

  it('punishes more than 2,000 headers in one message', () => {
    const headers = mineHeaders(regtest.genesis, 2001)
    sync.addPeer(alice, outbound, NOON)
    expect(sync.onHeaders(alice, headersOf(headers), NOON)).toMatchObject([
      { type: 'punish', reason: 'too-many-headers' },
    ])
    expect(chain.tip().height).toBe(0)
  })

  it('never punishes headers that build on one it does not know: it asks for those before', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    chain.accept([recent([regtest.genesis])], NOON)
    sync.addPeer(alice, outbound, NOON)
    sync.onHeaders(alice, headersOf([]), NOON)
    const actions = Array.from({ length: 50 }, (_, i) =>
      sync.onHeaders(alice, headersOf([headers[9]!]), after(i)),
    ).flat()
    // Once in two minutes, since they are no answer.
    expect(actions.map(({ type }) => type)).toEqual(['send'])
    expect(sent(sync.onHeaders(alice, headersOf([headers[9]!]), after(120_000)))).toHaveLength(1)
  })

  it('asks for nothing twice because blocks are announced while all headers are on their way', () => {
    const headers = mineHeaders(regtest.genesis, 2_500)
    sync.addPeer(alice, outbound, NOON)
    const asked = (): number => sent(sync.onHeaders(alice, headersOf([headers.at(-1)!]), NOON)).length
    expect([asked(), asked(), asked()]).toEqual([0, 0, 0])
    expect(sent(sync.onHeaders(alice, headersOf(headers.slice(0, 2_000)), NOON))).toHaveLength(1)
    expect([asked(), asked()]).toEqual([0, 0])
  })

  it.each([
    ['the same 2,000 headers', 1],
    ['two batches of them in turn', 2],
  ])('does not go on asking who sends %s again and again', (_, batches) => {
    const headers = mineHeaders(regtest.genesis, 2_000 * batches)
    sync.addPeer(alice, outbound, NOON)
    let asks = 0
    for (let i = 0; i < 50; i++) {
      const at = 2_000 * (i % batches)
      asks += sent(sync.onHeaders(alice, headersOf(headers.slice(at, at + 2_000)), after(i))).length
    }
    expect(asks).toBeLessThanOrEqual(2 * batches)
    // Nobody is the sync peer any more: the next one that comes is.
    expect(sent(sync.addPeer(bob, outbound, after(50)), bob)).toHaveLength(1)
  })

  it('does not go on asking who sends the same headers of too little work again and again', () => {
    sync = new HeaderSync({ minimumChainWork: 1_000_000n }, { chain, random: seededRandom(), wallTime })
    const headers = mineHeaders(regtest.genesis, 2_000)
    sync.addPeer(alice, manual, NOON)
    let asks = 0
    for (let i = 0; i < 50; i++) asks += sent(sync.onHeaders(alice, headersOf(headers), after(i))).length
    expect(asks).toBeLessThanOrEqual(3)
  })

  it.each([
    ['that are known', () => mineHeaders(regtest.genesis, 2_000), 0n],
    ['that do not connect', () => mineHeaders(mineHeader(mineHeader(regtest.genesis)), 2_000), 0n],
    ['of too little work', () => mineHeaders(regtest.genesis, 2_000), 1_000_000n],
  ])(
    'looks one by one at two messages of headers %s, and at the last of each of those after them',
    (_, make, work) => {
      let looks = 0
      const count = (header: BlockHeader): BlockHeader =>
        new Proxy(header, {
          get: (of, key) => {
            if (key === 'merkleRoot') looks++
            return of[key as keyof BlockHeader]
          },
        })
      const headers = make().map(count)
      sync = new HeaderSync({ minimumChainWork: work }, { chain, random: seededRandom(), wallTime })
      sync.addPeer(alice, manual, NOON)
      for (let i = 0; i < 4; i++) sync.onHeaders(alice, headersOf(headers), after(i))
      looks = 0
      for (let i = 0; i < 50; i++) sync.onHeaders(alice, headersOf(headers), after(10 + i))
      expect(looks).toBeLessThanOrEqual(100)
    },
  )

  it('takes the header of a block as news, and its lack of a parent as a fault', () => {
    const tip = recent([regtest.genesis])
    chain.accept([tip], NOON)
    sync.addPeer(alice, outbound, NOON)
    const next = mineHeader(tip)
    expect(sync.onBlockHeader(alice, next, false, NOON).map(({ type }) => type)).toEqual([
      'tip-changed',
      'peer-has',
    ])
    const orphan = mineHeader(mineHeader(next))
    expect(sync.onBlockHeader(alice, orphan, false, NOON)).toMatchObject([
      { type: 'punish', reason: 'block-without-parent' },
    ])
  })

  it('asks for what lies between where a compact block has no parent, and ignores one of too little work', () => {
    const tip = recent([regtest.genesis])
    chain.accept([tip], NOON)
    sync.addPeer(alice, outbound, NOON)
    sync.onHeaders(alice, headersOf([tip]), NOON)
    const orphan = mineHeader(mineHeader(tip))
    expect(sent(sync.onBlockHeader(alice, orphan, true, NOON))).toMatchObject([{ type: 'getheaders' }])
    sync = new HeaderSync({ minimumChainWork: 1_000_000n }, { chain, random: seededRandom(), wallTime })
    sync.addPeer(alice, outbound, NOON)
    for (const compact of [true, false])
      expect(sync.onBlockHeader(alice, mineHeader(tip), compact, NOON)).toEqual([])
  })

  it('does not punish a header from the future', () => {
    const [header] = [mineHeader(regtest.genesis, { time: NOON / 1000 + 7201 })]
    sync.addPeer(alice, outbound, NOON)
    expect(sync.onHeaders(alice, headersOf([header]), NOON).filter(({ type }) => type === 'punish')).toEqual(
      [],
    )
    expect(chain.tip().height).toBe(0)
  })

  it('asks again for a header from the future, once it is none any more', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    const future = mineHeader(headers.at(-1)!, { time: NOON / 1000 + 7_260 })
    sync.addPeer(alice, outbound, NOON)
    sync.onHeaders(alice, headersOf([...headers, future]), NOON)
    expect(chain.tip().height).toBe(10)
    expect(sent(sync.tick(after(119_999)))).toEqual([])
    expect(sent(sync.tick(after(120_000)), alice)).toMatchObject([{ type: 'getheaders' }])
    sync.onHeaders(alice, headersOf([future]), after(120_100))
    expect(chain.tip().height).toBe(11)
    expect(sent(sync.tick(after(400_000)))).toEqual([])
  })

  it('learns from an announcement who has a block, also before its header is here', () => {
    const headers = mineHeaders(regtest.genesis, 3)
    chain.accept([recent([regtest.genesis])], NOON)
    for (const peer of [alice, bob]) {
      sync.addPeer(peer, outbound, NOON)
      sync.onHeaders(peer, headersOf([]), NOON)
    }
    expect(sent(sync.onBlockInventory(bob, [blockHash(headers[2]!)], NOON), bob)).toHaveLength(1)
    const actions = sync.onHeaders(alice, headersOf(headers), NOON)
    expect(actions).toContainEqual({ type: 'peer-has', peer: bob, hash: blockHash(headers[2]!) })
    expect(actions).toContainEqual({ type: 'peer-has', peer: alice, hash: blockHash(headers[2]!) })
  })

  it('ignores a peer that it does not know', () => {
    expect(sync.onHeaders(carol, headersOf(mineHeaders(regtest.genesis, 1)), NOON)).toEqual([])
    expect(sync.onBlockInventory(carol, [regtest.genesisHash], NOON)).toEqual([])
    expect(sync.removePeer(carol, NOON)).toEqual([])
  })
})

describe('an inventory of a thousand blocks', () => {
  it('is one step for who fetches blocks, whatever their order, and asks for the last that is not known', () => {
    const headers = mineHeaders(regtest.genesis, 1_000)
    chain.accept(headers, NOON)
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, inbound, NOON)
    const hashes = headers.map(blockHash)
    const unknown = blockHash(mineHeader(headers.at(-1)!))
    const last = hashes.at(-1)!
    const has = (peer: PeerId) => [{ type: 'peer-has', peer, hash: last }]
    expect(sync.onBlockInventory(alice, hashes, NOON)).toEqual(has(alice))
    const reversed = [...hashes].reverse()
    const actions = sync.onBlockInventory(bob, [...reversed, unknown], NOON)
    expect(actions.filter(({ type }) => type === 'peer-has')).toEqual(has(bob))
    expect(sent(actions, bob)).toHaveLength(1)
    expect(sync.bestOf(bob)?.height).toBe(1_000)
    const known = chain.size
    sync.onBlockHeader(alice, mineHeader(headers.at(-1)!), true, NOON)
    expect([chain.size, sync.bestOf(bob)?.height]).toEqual([known + 1, 1_001])
  })
})
