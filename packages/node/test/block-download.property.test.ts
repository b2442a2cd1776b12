import {
  type Block,
  blockHash,
  type BlockHash,
  bytesToHex,
  decodeBlock,
  encodeBlock,
} from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkBlock } from '../src/blocks/block-check.ts'
import { BlockDownload } from '../src/blocks/block-download.ts'
import type { BlockDownloadAction, BlockToCheck, StreamId } from '../src/blocks/block-download-action.ts'
import { StorableHeaderChain } from '../src/chain/header-chain.ts'
import { mineBlocks, regtest } from './support/make-chain.ts'
import { after, NOON, wallTime } from './support/peer-ids.ts'

const HEIGHT = 120
const WINDOW = 40
const trunk = mineBlocks(regtest.genesis, 0, HEIGHT)
/** Forks off at 80 and is longer by five. */
const branch = mineBlocks(trunk[79]!.header, 80, HEIGHT - 80 + 5, 1)
const byHash = new Map([...trunk, ...branch].map((block) => [bytesToHex(blockHash(block.header)), block]))

type Event =
  | {
      readonly type: 'join' | 'leave' | 'answer' | 'refuse' | 'mutate'
      readonly peer: number
      readonly pick: number
    }
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'take'; readonly count: number }
  | { readonly type: 'checked'; readonly pick: number }
  | { readonly type: 'reorg' }

const peers = fc.integer({ min: 1, max: 5 })
const pick = fc.nat(50)
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant('answer' as const), peer: peers, pick }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('take' as const), count: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('join', 'leave', 'refuse', 'mutate'), peer: peers, pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 70 }) }),
  },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('checked' as const), pick }) },
  { weight: 1, arbitrary: fc.constant({ type: 'reorg' as const }) },
)

/** A program that follows the chain, the peers that answer it, and what must hold whatever they do. */
class World {
  readonly chain = new StorableHeaderChain({ network: regtest })
  readonly download: BlockDownload
  readonly asked = new Map<PeerId, BlockHash[]>()
  /** Hashes that the program holds, from height 1 on. */
  readonly followed: string[] = []
  now = NOON
  #queued = 0
  readonly #stream: StreamId
  /** Blocks that are being checked elsewhere. */
  readonly #underCheck: BlockToCheck[] = []

  constructor(checksElsewhere: boolean) {
    this.download = new BlockDownload({ window: WINDOW }, { chain: this.chain, checksElsewhere, wallTime })
    this.chain.accept(
      trunk.map(({ header }) => header),
      NOON,
    )
    const { stream, actions } = this.download.openStream({ from: 1 }, NOON)
    this.#stream = stream
    this.carryOut(actions)
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'join':
        return this.join(peerId(event.peer))
      case 'leave':
        return this.leave(peerId(event.peer))
      case 'answer':
        return this.answer(peerId(event.peer), event.pick)
      case 'refuse': {
        const hash = this.#takeAsked(peerId(event.peer), event.pick)
        if (hash !== undefined) this.carryOut(this.download.onNotFound(peerId(event.peer), [hash], this.now))
        return
      }
      case 'mutate': {
        const hash = this.#takeAsked(peerId(event.peer), event.pick)
        if (hash === undefined) return
        const block = byHash.get(bytesToHex(hash))!
        const mutated = { header: block.header, transactions: [...block.transactions, ...block.transactions] }
        this.#send(peerId(event.peer), mutated)
        return
      }
      case 'checked':
        return this.checked(event.pick)
      case 'wait':
        this.now = after(event.seconds * 1000, this.now)
        this.carryOut(this.download.tick(this.now))
        return
      case 'take':
        return this.take(event.count)
      case 'reorg': {
        const { tipChange } = this.chain.accept(
          branch.map(({ header }) => header),
          this.now,
        )
        if (tipChange === undefined) return
        this.carryOut(this.download.onTipChange(tipChange, this.now))
        for (const id of this.asked.keys()) this.#has(id)
      }
    }
  }

  join(id: PeerId): void {
    if (this.asked.has(id)) return
    this.asked.set(id, [])
    this.carryOut(
      this.download.addPeer(id, { serves: 'all', preferred: id % 2 === 0, protected: false }, this.now),
    )
    this.#has(id)
  }

  leave(id: PeerId): void {
    if (this.asked.delete(id)) this.carryOut(this.download.removePeer(id, this.now))
  }

  answer(id: PeerId, choice: number): void {
    const hash = this.#takeAsked(id, choice)
    if (hash !== undefined) this.#send(id, byHash.get(bytesToHex(hash))!)
  }

  /** One of the checks that are under way ends. */
  checked(choice: number): void {
    const [block] = this.#underCheck.splice(choice % Math.max(1, this.#underCheck.length), 1)
    if (block === undefined) return
    const fault = checkBlock(block.block, block.height, regtest)
    this.carryOut(this.download.onChecked(block, fault, this.now))
  }

  #send(id: PeerId, block: Block): void {
    this.carryOut(this.download.onBlock(id, decodeBlock(encodeBlock(block)), this.now))
  }

  take(count: number): void {
    const taken = Math.min(count, this.#queued)
    this.#queued -= taken
    if (taken > 0) this.carryOut(this.download.consumed(this.#stream, taken, this.now))
  }

  carryOut(actions: readonly BlockDownloadAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'send': {
          const queue = this.asked.get(action.peer)
          if (action.message.type === 'getdata')
            queue?.push(...action.message.inventory.map(({ hash }) => hash as BlockHash))
          break
        }
        case 'check':
          this.#underCheck.push(action)
          break
        case 'deliver': {
          expect(action.block.height).toBe(this.followed.length + 1)
          this.followed.push(bytesToHex(action.block.hash))
          this.#queued++
          expect(this.#queued).toBeLessThanOrEqual(64)
          break
        }
        case 'rewind': {
          const gone = action.change.disconnected.map(({ hash }) => bytesToHex(hash))
          expect(this.followed.splice(action.change.fork.height).reverse()).toEqual(gone)
          break
        }
        case 'punish':
        case 'disconnect':
          this.leave(action.peer)
          break
        default:
      }
    }
    expect(this.download.inFlight).toBeLessThanOrEqual(16 * 5)
  }

  #has(id: PeerId): void {
    this.carryOut(this.download.peerHas(id, this.chain.tip().hash, this.now))
  }

  #takeAsked(id: PeerId, choice: number): BlockHash | undefined {
    const queue = this.asked.get(id)
    return queue?.splice(choice % Math.max(1, queue.length), 1)[0]
  }
}

describe.each([
  ['as they arrive', false],
  ['elsewhere', true],
])('the block download that has blocks checked %s, whatever its peers do', (_, checksElsewhere) => {
  it('delivers each block of the best chain once and in order, and ends with all of them', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 300 }), (run) => {
        const world = new World(checksElsewhere)
        for (const event of run) world.apply(event)
        // From here on the peers are honest and quick: nothing that happened may keep the rest from coming.
        for (const id of [...world.asked.keys()]) world.leave(id)
        for (const id of [1, 2, 3]) world.join(peerId(id))
        for (let step = 0; step < 4 * HEIGHT; step++) {
          for (const id of [1, 2, 3]) world.answer(peerId(id), 0)
          for (let check = 0; check < 4; check++) world.checked(0)
          world.take(10)
        }
        const tip = world.chain.tip()
        expect(world.followed).toHaveLength(tip.height)
        expect(world.followed.at(-1)).toBe(bytesToHex(tip.hash))
        expect(world.download.inFlight).toBe(0)
      }),
      { numRuns: 150 },
    )
  })
})
