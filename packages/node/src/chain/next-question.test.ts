import { type BlockHash, blockHash, type BlockHeader } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { beforeEach, describe, expect, it } from 'vitest'
import { mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, NOON, seededRandom, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from './header-chain.ts'
import type { HeaderPeerFacts } from './header-peer.ts'
import { headersOf } from './header-source.ts'
import { HeaderSync } from './header-sync.ts'
import type { HeaderSyncAction } from './header-sync-action.ts'

const outbound: HeaderPeerFacts = { preferred: true, protected: false, chainSync: 'exempt' }
const inbound: HeaderPeerFacts = { ...outbound, preferred: false }

const headers = mineHeaders(regtest.genesis, 6_500)
const batch = (from: number): BlockHeader[] => headers.slice(from, from + 2_000)
const lastOf = (sent: readonly BlockHeader[]): BlockHash => blockHash(sent.at(-1)!)

let chain: StorableHeaderChain
let sync: HeaderSync

beforeEach(() => {
  chain = new StorableHeaderChain({ network: regtest })
  sync = new HeaderSync({}, { chain, random: seededRandom(), wallTime })
})

/** The locators of what is asked. */
function asked(actions: readonly HeaderSyncAction[], peer: PeerId = alice): (readonly BlockHash[])[] {
  return actions.flatMap((action) =>
    action.type === 'send' && action.peer === peer && action.message.type === 'getheaders'
      ? [action.message.locator]
      : [],
  )
}

const ahead = (sent: readonly BlockHeader[], at: Instant = NOON): HeaderSyncAction[] =>
  sync.askAhead(alice, headersOf(sent), at)
const check = (sent: readonly BlockHeader[], at: Instant = NOON): HeaderSyncAction[] =>
  sync.onHeaders(alice, headersOf(sent), at)

describe('what follows headers', () => {
  it('is asked for before they are checked, and not again after', () => {
    sync.addPeer(alice, outbound, NOON)
    expect(asked(ahead(batch(0)))).toEqual([[lastOf(batch(0)), regtest.genesisHash]])
    expect(chain.tip().height).toBe(0)
    expect(asked(check(batch(0)))).toEqual([])
    expect(chain.tip().height).toBe(2_000)
    expect(asked(ahead(batch(2_000)))).toHaveLength(1)
    expect(asked(check(batch(2_000)))).toEqual([])
    check(batch(4_000))
    check(batch(6_000))
    expect(chain.tip().height).toBe(6_500)
    expect(sync.caughtUp).toBe(true)
  })

  it('is not asked for ahead where they are known, do not connect or are not a full message', () => {
    sync.addPeer(alice, outbound, NOON)
    check(batch(0))
    for (const from of [0, 2_001, 6_000]) expect(ahead(batch(from))).toEqual([])
    expect(ahead([])).toEqual([])
    expect(ahead(headers.slice(2_000, 4_001))).toEqual([])
  })

  it('is not asked for ahead where they are known, and of a chain that was found invalid', () => {
    sync.addPeer(alice, outbound, NOON)
    check(batch(0))
    chain.invalidate(blockHash(headers[0]!))
    expect(chain.tip().height).toBe(0)
    expect(ahead(batch(0))).toEqual([])
  })

  it('is not asked for ahead where nobody asked for these', () => {
    sync.addPeer(alice, outbound, NOON)
    check([])
    expect(ahead(batch(0))).toEqual([])
  })

  it('is not asked for ahead where the peer dialled us', () => {
    sync.addPeer(alice, inbound, NOON)
    expect(ahead(batch(0))).toEqual([])
    expect(asked(check(batch(0)))).toHaveLength(1)
  })

  it('is asked for once, of whoever sends what breaks a rule, who is punished as ever and replaced', () => {
    const unlinked = [...headers.slice(0, 1_000), ...mineHeaders(headers[998]!, 1_000, 1)]
    sync.addPeer(alice, { ...outbound, protected: true }, NOON)
    sync.addPeer(bob, outbound, NOON)
    expect(asked(ahead(unlinked))).toHaveLength(1)
    const actions = check(unlinked)
    expect(actions).toContainEqual(expect.objectContaining({ type: 'punish', reason: 'headers-not-linked' }))
    expect([asked(actions), asked(actions, bob)]).toEqual([[], [[regtest.genesisHash]]])
    // One that is protected stays: it is not asked again before its rest is over.
    expect(asked(sync.tick(after(119_000)))).toEqual([])
    expect(chain.size).toBe(1)
  })

  it('is asked for ahead both times where a chain has yet to show its work', () => {
    sync = new HeaderSync({ minimumChainWork: 5_900n * 2n }, { chain, random: seededRandom(), wallTime })
    sync.addPeer(alice, outbound, NOON)
    // The first message begins the first time; the third completes it, and then the second.
    const told = (from: number): (BlockHash | undefined)[][] =>
      [ahead(batch(from)), check(batch(from))].map((actions) => asked(actions).map(([first]) => first))
    expect(told(0)).toEqual([[], [lastOf(batch(0))]])
    expect(told(2_000)).toEqual([[lastOf(batch(2_000))], []])
    expect(told(4_000)).toEqual([[], [regtest.genesisHash]])
    for (const from of [0, 2_000]) expect(told(from)).toEqual([[lastOf(batch(from))], []])
    expect(told(4_000)).toEqual([[], [lastOf(batch(4_000))]])
    told(6_000)
    expect(chain.tip().height).toBe(6_500)
  })

  it('is not asked for ahead where headers do not go on with a chain that has yet to show its work', () => {
    sync = new HeaderSync({ minimumChainWork: 20_000n }, { chain, random: seededRandom(), wallTime })
    sync.addPeer(alice, outbound, NOON)
    check(batch(0))
    expect(ahead(batch(2_001))).toEqual([])
    expect(ahead(batch(2_000))).toHaveLength(1)
  })

  it('may be of another chain, which the peer has gone over to meanwhile', () => {
    const fork = [...headers.slice(0, 2_990), ...mineHeaders(headers[2_989]!, 2_500, 1)]
    sync.addPeer(alice, outbound, NOON)
    check(batch(0))
    const [[last, from]] = asked(ahead(batch(2_000))) as [[BlockHash, BlockHash]]
    check(batch(2_000))
    expect([last, from]).toEqual([lastOf(batch(2_000)), lastOf(batch(0))])
    // It does not know the last any more, and begins at the one before these: so far below our tip nothing is
    // certain before the check.
    expect(ahead(fork.slice(2_000, 4_000))).toEqual([])
    const actions = check(fork.slice(2_000, 4_000))
    expect(actions.map(({ type }) => type)).not.toContain('punish')
    expect(asked(actions)).toHaveLength(1)
    check(fork.slice(4_000))
    expect(chain.tip().hash).toEqual(lastOf(fork))
  })

  it('is waited for as long as any answer: then another is asked for what follows those that were checked', () => {
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, outbound, NOON)
    const later = after(60_000)
    ahead(batch(0), later)
    check(batch(0), later)
    expect(asked(sync.tick(after(119_999, later)), bob)).toEqual([])
    const actions = sync.tick(after(120_000, later))
    expect(asked(actions, bob)).toHaveLength(1)
    expect(chain.heightOf(asked(actions, bob)[0]![0]!)).toBe(1_999)
    // What comes late is taken all the same.
    check(batch(2_000), after(130_000, later))
    expect(chain.tip().height).toBe(4_000)
  })

  it.each(['before', 'after'])('is asked of another where the peer goes %s they are checked', (when) => {
    sync.addPeer(alice, outbound, NOON)
    sync.addPeer(bob, outbound, NOON)
    ahead(batch(0))
    if (when === 'after') check(batch(0))
    const actions = sync.removePeer(alice, NOON)
    expect([asked(actions), asked(actions, bob).length]).toEqual([[], 1])
    expect(check(batch(2_000))).toEqual([])
    expect(asked(sync.onHeaders(bob, headersOf(batch(0)), NOON), bob)).toHaveLength(1)
    // Come back, it is asked as anybody is.
    sync.removePeer(bob, NOON)
    expect(asked(sync.addPeer(alice, outbound, NOON))).toHaveLength(1)
  })
})
