import { type Block, type BlockHash, blockHash, buildCompactBlock, bytesToHex } from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockDownload } from '../src/blocks/block-download.ts'
import type { BlockDownloadAction, StreamId } from '../src/blocks/block-download-action.ts'
import { StorableHeaderChain } from '../src/chain/header-chain.ts'
import { mineBlocks, mineHeader, regtest } from './support/make-chain.ts'
import { after, NOON, wallTime } from './support/peer-ids.ts'

const HEIGHT = 3_000
/** What the honest peer sends in one round, and how long a round takes: 800 blocks a second. */
const BLOCKS_PER_ROUND = 8
const ROUND = 10
/** The bound. */
const MOST_SLOWED_DOWN = 1.25

/** An old chain whose last blocks are of today. */
const start = mineHeader(regtest.genesis, { time: NOON / 1000 - (HEIGHT + 10) * 600 })
const chainOf = [{ header: start, transactions: [] }, ...mineBlocks(start, 1, HEIGHT - 1)] as readonly Block[]
const byHash = new Map(chainOf.map((block) => [bytesToHex(blockHash(block.header)), block]))
const tip = blockHash(chainOf.at(-1)!.header)

const kinds = ['silent', 'refusing', 'compact', 'trickling', 'busy', 'withdrawing'] as const
interface Stranger {
  readonly kind: (typeof kinds)[number]
  /** Whether the node dialled it. */
  readonly outbound: boolean
  /** Whether it was there before the honest peer. */
  readonly early: boolean
}

const strangers: fc.Arbitrary<Stranger> = fc.record({
  kind: fc.constantFrom(...kinds),
  outbound: fc.boolean(),
  early: fc.boolean(),
})

/** One honest peer, others that are not, and a program that takes what comes. */
class World {
  readonly #chain = new StorableHeaderChain({ network: regtest })
  readonly #download: BlockDownload = new BlockDownload(
    {},
    { chain: this.#chain, transactions: () => [], wallTime },
  )
  readonly #asked = new Map<PeerId, BlockHash[]>()
  readonly #hostile = new Map<PeerId, Stranger>()
  readonly #honest = peerId(1)
  #stream: StreamId | undefined
  #now: Instant = NOON
  taken = 0
  rounds = 0
  requestsToHonest = 0

  constructor(others: readonly Stranger[]) {
    this.#chain.accept(
      chainOf.map(({ header }) => header),
      NOON,
    )
    const { stream, actions } = this.#download.openStream({ from: 2 }, NOON)
    this.#stream = stream
    this.#do(actions)
    others.forEach((other, index) => {
      if (other.early) this.#join(peerId(index + 2), other.outbound, other)
    })
    this.#join(this.#honest, true)
    others.forEach((other, index) => {
      if (!other.early) this.#join(peerId(index + 2), other.outbound, other)
    })
  }

  round(): void {
    this.rounds++
    this.#now = after(ROUND, this.#now)
    if (this.rounds % 50 === 0) this.#do(this.#download.tick(this.#now))
    for (const [id, { kind }] of [...this.#hostile]) this.#misbehave(id, kind)
    const queue = this.#asked.get(this.#honest)!
    for (const hash of queue.splice(0, BLOCKS_PER_ROUND)) {
      this.#do(this.#download.onBlock(this.#honest, byHash.get(bytesToHex(hash))!, this.#now))
    }
  }

  #misbehave(id: PeerId, kind: Stranger['kind']): void {
    const queue = this.#asked.get(id)!
    const next = chainOf[this.taken + 1]!
    switch (kind) {
      case 'silent':
        return
      case 'refusing':
        this.#do(this.#download.onNotFound(id, queue.splice(0), this.#now))
        return
      case 'compact': {
        const hash = blockHash(next.header)
        this.#download.expectCompactBlock(id, hash, this.#now)
        const compactBlock = { ...buildCompactBlock(next, { nonce: 1n }), shortIds: [1, 2, 3] }
        this.#do(this.#download.onCompactBlock(id, compactBlock, this.#now))
        return
      }
      case 'trickling': {
        const hash = this.rounds % 100 === 0 ? queue.shift() : undefined
        if (hash !== undefined) this.#do(this.#download.onBlock(id, byHash.get(bytesToHex(hash))!, this.#now))
        return
      }
      case 'busy':
        // What everybody has, and what nobody asked for.
        this.#do(this.#download.onBlock(id, chainOf[1]!, this.#now))
        this.#do(this.#download.onNotFound(id, [tip, blockHash(next.header)], this.#now))
        this.#do(this.#download.onBlockTransactions(id, blockHash(next.header), [], this.#now))
        return
      case 'withdrawing':
        // Gone with what it was asked for, and back.
        if (queue.length === 0) return
        this.#do(this.#download.removePeer(id, this.#now))
        this.#asked.set(id, [])
        this.#do(this.#download.addPeer(id, { serves: 'all', preferred: false, protected: false }, this.#now))
        this.#do(this.#download.peerHas(id, tip, this.#now))
    }
  }

  #join(id: PeerId, preferred: boolean, stranger?: Stranger): void {
    this.#asked.set(id, [])
    if (stranger !== undefined) this.#hostile.set(id, stranger)
    this.#do(this.#download.addPeer(id, { serves: 'all', preferred, protected: false }, this.#now))
    this.#download.onSendCompact(id, 2n)
    this.#do(this.#download.peerHas(id, tip, this.#now))
  }

  #do(first: readonly BlockDownloadAction[]): void {
    const actions = [...first]
    let delivered = 0
    for (let action = actions.shift(); action !== undefined; action = actions.shift()) {
      switch (action.type) {
        case 'send':
          if (action.message.type !== 'getdata') break
          if (action.peer === this.#honest) this.requestsToHonest += action.message.inventory.length
          this.#asked.get(action.peer)?.push(...action.message.inventory.map(({ hash }) => hash as BlockHash))
          break
        case 'deliver':
          expect(action.block.height).toBe(this.taken + 2)
          this.taken++
          delivered++
          break
        case 'punish':
        case 'disconnect':
          expect(action.peer).not.toBe(this.#honest)
          if (!this.#hostile.delete(action.peer)) break
          actions.push(...this.#download.removePeer(action.peer, this.#now))
          break
        default:
      }
      if (actions.length > 0 || delivered === 0) continue
      actions.push(...this.#download.consumed(this.#stream!, delivered, this.#now))
      delivered = 0
    }
  }
}

function roundsFor(others: readonly Stranger[], most: number): World {
  const world = new World(others)
  while (world.taken < HEIGHT - 1 && world.rounds < most) world.round()
  return world
}

describe('3,000 blocks from one honest peer', () => {
  const alone = roundsFor([], 10_000).rounds

  it.each(kinds)('take at most a quarter longer beside ten strangers that we dialled: %s', (kind) => {
    const others = Array.from({ length: 10 }, (_, i) => ({ kind, outbound: true, early: i < 5 }))
    const world = roundsFor(others, 2 * alone)
    expect([world.taken, world.rounds / alone <= MOST_SLOWED_DOWN]).toEqual([HEIGHT - 1, true])
    expect(world.requestsToHonest).toBeLessThanOrEqual(MOST_SLOWED_DOWN * HEIGHT)
  })

  it('take at most a quarter longer beside any ten strangers', () => {
    fc.assert(
      fc.property(fc.array(strangers, { minLength: 10, maxLength: 10 }), (others) => {
        const world = roundsFor(others, 2 * alone)
        expect([world.taken, world.rounds]).toEqual([HEIGHT - 1, world.rounds])
        expect(world.rounds / alone).toBeLessThanOrEqual(MOST_SLOWED_DOWN)
      }),
      { numRuns: 4 },
    )
  })
})
