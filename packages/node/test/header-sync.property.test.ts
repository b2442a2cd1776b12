import {
  bytesToHex,
  type BlockHash,
  type BlockHeader,
  blockHash,
  MAX_HEADERS_RESULTS,
} from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StorableHeaderChain } from '../src/chain/header-chain.ts'
import { HeaderSync } from '../src/chain/header-sync.ts'
import { HEADERS_RESPONSE_TIME } from '../src/chain/headers-response-time.ts'
import type { HeaderPeerFacts } from '../src/chain/header-peer.ts'
import type { HeaderSyncAction } from '../src/chain/header-sync-action.ts'
import { mineHeader, mineHeaders, regtest } from './support/make-chain.ts'
import { after, NOON, seededRandom, wallTime } from './support/peer-ids.ts'
import { headersOf } from '../src/chain/header-source.ts'

/** Old headers, more than two messages of them, and the last twenty of today. */
const old = mineHeaders(regtest.genesis, 4_480)
const recent: BlockHeader[] = []
for (let at = 20; at > 0; at--) {
  recent.push(mineHeader(recent.at(-1) ?? old.at(-1)!, { time: NOON / 1000 - at * 600 }))
}
const honest = [...old, ...recent]
/** What the whole chain must show before any of it is kept: presync, then the same again. */
const MINIMUM_WORK = 2n * 3_000n
/** More than a message of headers, and still too little work. */
const lowWork = mineHeaders(regtest.genesis, 2_500, 7)
const orphans = mineHeaders(lowWork[10]!, 3, 9).slice(1)
const base = honest[4_490]!
const wrongDifficulty = mineHeader(base, { bits: 0x207ffffe })
const tooOld = mineHeader(base, { time: regtest.genesis.time })
const farAhead = mineHeader(honest.at(-1)!, { time: NOON / 1000 + 100 * 3_600 })
/** None of these may ever be in the chain. */
const never = [lowWork[0]!, lowWork.at(-1)!, orphans.at(-1)!, wrongDifficulty, tooOld, farAhead]

const heightsOf = (headers: readonly BlockHeader[]): ReadonlyMap<string, number> =>
  new Map(headers.map((header, index) => [bytesToHex(blockHash(header)), index + 1]))
const heights = heightsOf(honest)
const lowWorkHeights = heightsOf(lowWork)

/** What a node with these headers answers. */
function answerOf(
  headers: readonly BlockHeader[],
  known: ReadonlyMap<string, number>,
  locator: readonly BlockHash[],
): readonly BlockHeader[] {
  const from = locator.map((hash) => known.get(bytesToHex(hash))).find((height) => height !== undefined) ?? 0
  return headers.slice(from, from + MAX_HEADERS_RESULTS)
}

const lies = {
  'low-work': (_, locator) => answerOf(lowWork, lowWorkHeights, locator),
  difficulty: () => [base, wrongDifficulty],
  time: () => [base, tooOld],
  future: () => [farAhead],
  unlinked: () => [honest[3]!, honest[7]!],
  orphans: () => orphans,
  nothing: () => [],
  'too-many': () => honest.slice(0, MAX_HEADERS_RESULTS + 1),
  // A part of the truth, and not the next one.
  stale: (from) => honest.slice(from, from + MAX_HEADERS_RESULTS),
} as const satisfies Record<string, (from: number, locator: readonly BlockHash[]) => readonly BlockHeader[]>
type Lie = keyof typeof lies

type Event =
  | { readonly type: 'join'; readonly liar: boolean; readonly facts: HeaderPeerFacts }
  | { readonly type: 'leave' | 'answer' | 'announce'; readonly pick: number }
  | { readonly type: 'lie'; readonly pick: number; readonly lie: Lie; readonly at: number }
  | { readonly type: 'wait'; readonly seconds: number }

const pick = fc.nat(20)
const facts: fc.Arbitrary<HeaderPeerFacts> = fc.record({
  preferred: fc.boolean(),
  protected: fc.boolean(),
  chainSync: fc.constantFrom('required', 'excusable', 'exempt'),
})
const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('join' as const), liar: fc.boolean(), facts }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('lie' as const),
      pick,
      lie: fc.constantFrom(...(Object.keys(lies) as Lie[])),
      at: fc.nat(4_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('answer' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('leave' as const, 'announce' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 200 }) }),
  },
)

interface Remote {
  readonly id: PeerId
  readonly liar: boolean
  readonly protected: boolean
  /** Locators of the `getheaders` that it has not answered, oldest first. */
  readonly asked: (readonly BlockHash[])[]
  /** When the last `getheaders` left that no `headers` has followed. */
  unansweredSince: Instant | undefined
}

/** Peers that tell the truth, peers that do not, and what must hold whatever they do. */
class World {
  readonly chain = new StorableHeaderChain({ network: regtest })
  readonly sync: HeaderSync = new HeaderSync(
    { minimumChainWork: MINIMUM_WORK },
    { chain: this.chain, random: seededRandom(7), wallTime },
  )
  readonly remotes = new Map<PeerId, Remote>()
  now: Instant = NOON
  /** Whether headers are shown to the sync before it takes them, as the node does. */
  readonly #ahead: boolean
  #nextId = 1
  #work = 0n
  #punished = 0

  constructor(ahead: boolean) {
    this.#ahead = ahead
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'join':
        this.join(event.liar, event.facts)
        return
      case 'leave': {
        const remote = this.#pick(event.pick)
        if (remote !== undefined) this.leave(remote.id)
        return
      }
      case 'answer': {
        const remote = this.#pick(event.pick, false)
        if (remote !== undefined) this.answer(remote)
        return
      }
      case 'announce': {
        const remote = this.#pick(event.pick, false)
        if (remote === undefined) return
        const hashes = [blockHash(honest.at(-1)!)]
        this.carryOut(this.sync.onBlockInventory(remote.id, hashes, this.now))
        return
      }
      case 'lie': {
        const remote = this.#pick(event.pick, true)
        if (remote !== undefined) this.lie(remote, event)
        return
      }
      case 'wait':
        this.wait(event.seconds)
    }
  }

  join(liar: boolean, what: HeaderPeerFacts): void {
    const id = peerId(this.#nextId++)
    const remote = { id, liar, protected: what.protected, asked: [], unansweredSince: undefined }
    this.remotes.set(id, remote)
    this.carryOut(this.sync.addPeer(id, what, this.now))
  }

  leave(id: PeerId): void {
    if (this.remotes.delete(id)) this.carryOut(this.sync.removePeer(id, this.now))
  }

  wait(seconds: number): void {
    this.now = after(seconds * 1_000, this.now)
    this.carryOut(this.sync.tick(this.now))
  }

  /** Answers the oldest question as a node with the honest chain does. */
  answer(remote: Remote): void {
    const locator = remote.asked.shift()
    if (locator !== undefined) this.#send(remote, answerOf(honest, heights, locator))
  }

  lie(remote: Remote, { lie, at }: { readonly lie: Lie; readonly at: number }): void {
    const isPlain =
      lie === 'too-many' ||
      ((lie === 'difficulty' || lie === 'time') && this.chain.heightOf(blockHash(base)) !== undefined)
    const before = this.#punished
    this.#send(remote, lies[lie](at, remote.asked.shift() ?? []))
    if (isPlain) expect(this.#punished).toBe(before + 1)
  }

  #send(remote: Remote, headers: readonly BlockHeader[]): void {
    remote.unansweredSince = undefined
    if (this.#ahead) this.carryOut(this.sync.askAhead(remote.id, headersOf(headers), this.now))
    this.carryOut(this.sync.onHeaders(remote.id, headersOf(headers), this.now))
  }

  carryOut(actions: readonly HeaderSyncAction[]): void {
    for (const action of actions) this.#do(action)
    const { work } = this.chain.tip()
    expect(work).toBeGreaterThanOrEqual(this.#work)
    this.#work = work
  }

  #do(action: HeaderSyncAction): void {
    if (action.type === 'tip-changed') return
    const remote = this.remotes.get(action.peer)
    if (remote === undefined) return
    switch (action.type) {
      case 'send': {
        if (action.message.type !== 'getheaders') throw new Error(action.message.type)
        const since = remote.unansweredSince
        if (since !== undefined) expect(this.now - since).toBeGreaterThanOrEqual(HEADERS_RESPONSE_TIME)
        remote.unansweredSince = this.now
        remote.asked.push(action.message.locator)
        return
      }
      case 'peer-has':
        if (!remote.liar) expect(heights.has(bytesToHex(action.hash))).toBe(true)
        return
      case 'punish':
        this.#punished++
        expect([remote.liar, action.reason, action.detail]).toEqual([true, action.reason, action.detail])
        if (!remote.protected) this.leave(remote.id)
        return
      case 'disconnect':
        expect(remote.protected).toBe(false)
        // A peer that tells the truth may be slow; its chain is never the reason.
        if (!remote.liar) expect(['headers-timeout', 'old-chain']).toContain(action.reason)
        this.leave(remote.id)
    }
  }

  #pick(choice: number, liar?: boolean): Remote | undefined {
    const fitting = [...this.remotes.values()].filter((remote) => liar === undefined || remote.liar === liar)
    return fitting[choice % Math.max(1, fitting.length)]
  }
}

describe('the header sync, whatever some of its peers do', () => {
  it('keeps nothing that breaks a rule, blames nobody who tells the truth, and finds the chain with the most work', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 80 }), fc.boolean(), (run, ahead) => {
        const world = new World(ahead)
        for (const event of run) world.apply(event)
        // From here on the liars are silent, and one honest peer among them is quick: that is enough.
        world.join(false, { preferred: true, protected: false, chainSync: 'exempt' })
        for (let step = 0; step < 60 && world.chain.tip().height < honest.length; step++) {
          for (let turn = 0; turn < 12; turn++) {
            for (const remote of [...world.remotes.values()]) if (!remote.liar) world.answer(remote)
          }
          world.wait(125)
        }
        expect(world.chain.tip().height).toBe(honest.length)
        expect(bytesToHex(world.chain.tip().hash)).toBe(bytesToHex(blockHash(honest.at(-1)!)))
        for (const header of never) expect(world.chain.heightOf(blockHash(header))).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })
})
