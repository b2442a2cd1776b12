import { type Block, type BlockHash, bytesEqual, InventoryType, MAX_BLOCKS_IN_INV } from '@sapwood/wire-codec'
import type { HeadersQuery, PeerId, PeerServices, ServingContext } from '@sapwood/peer'
import {
  addAbortListener,
  type Clock,
  MINUTE,
  removeAbortListener,
} from '@sapwood/transport-v1v2/environment'
import { NODE_NETWORK_LIMITED_MIN_BLOCKS } from '../chain/best-block-depth.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { BLOCK_HOLD } from '../blocks/block-hold.ts'
import { OFFERED, type ServiceTable } from '../connections/service-table.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { inItsTurn } from './in-its-turn.ts'
import type { NodePart } from './node-part.ts'
import type { ServedTip } from './served-tip.ts'

/** A chain that has not moved for this long brings no block in a moment. */
const RECENT_CHANGE = MINUTE
/** Blocks below the tip that may still be on their way to the program. */
const RECENT_BLOCKS = NODE_NETWORK_LIMITED_MIN_BLOCKS

export interface ServedBlocksComponents {
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly services: ServiceTable
  readonly servedTip: ServedTip
  readonly table: ConnectionTable
}

/**
 * The blocks that a program serves, joined to the header chain, which knows of a block before the program has
 * it: `getdata` waits for what is about to be there, and `getblocks` is answered from the best chain, as far
 * as its blocks are there.
 */
export class ServedBlocks implements NodePart {
  readonly #parts: ServedBlocksComponents
  readonly #waiting = new Set<() => void>()
  /**
   * The last hash of a full answer to `getblocks`: when its block is asked for,
   * the peer is told that there is more (Core).
   */
  readonly #continuations = new Map<PeerId, BlockHash>()
  #changedAt: number | undefined

  constructor(components: ServedBlocksComponents) {
    this.#parts = components
  }

  /**
   * What peers are served: the program's own services and what has been offered since,
   * looked up anew each time, over `base`.
   */
  servicesOver(base: PeerServices): PeerServices {
    const { services } = this.#parts
    const { own } = services
    const block: PeerServices['block'] = (hash, context) => this.#block(hash, context)
    const hashes: PeerServices['blockHashes'] = (query, context) =>
      own.blockHashes === undefined ? this.#blockHashes(query, context) : own.blockHashes(query, context)
    const served = {
      ...base,
      ...own,
      // Whatever answers, it is noted who has asked.
      ...(base.addresses !== undefined && { addresses: base.addresses.bind(base) }),
      get blockHashes() {
        return own.blockHashes === undefined && services.answers.block === undefined ? undefined : hashes
      },
    }
    for (const name of OFFERED)
      Object.defineProperty(served, name, {
        enumerable: true,
        get: () => {
          const answer = services.answers[name]
          return name === 'block' && answer !== undefined ? block : answer
        },
      })
    // A method that is undefined is one that is absent.
    return served as PeerServices
  }

  tipChanged(): void {
    this.#changedAt = this.#parts.clock.now()
  }

  tick(): void {
    this.recheck()
  }

  /** There may be blocks that there were not. */
  recheck(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  closed({ id }: ConnectionRecord): void {
    this.#continuations.delete(id)
  }

  async #block(hash: BlockHash, context: ServingContext): Promise<Block | Uint8Array | undefined> {
    const { clock, services } = this.#parts
    const until = clock.now() + BLOCK_HOLD
    const look = async (): Promise<Block | Uint8Array | undefined> =>
      (await services.answers.block?.(hash, context)) ?? undefined
    let found = await look()
    while (found === undefined && !context.signal.aborted && clock.now() < until && this.#isOnItsWay(hash)) {
      await this.#change(until - clock.now(), context.signal)
      found = await look()
    }
    if (found === undefined) return undefined
    this.#parts.servedTip.saw(hash)
    this.#continue(hash, context.peer)
    return found
  }

  #isOnItsWay(hash: BlockHash): boolean {
    const { chain, clock } = this.#parts
    if (this.#changedAt === undefined || clock.now() - this.#changedAt >= RECENT_CHANGE) return false
    return chain.isActive(hash) && chain.heightOf(hash)! > chain.tip().height - RECENT_BLOCKS
  }

  /** Resolves when there may be blocks that there were not, at the latest after a time. */
  #change(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        removeAbortListener(signal, wake)
        cancel()
        resolve()
      }
      const cancel = this.#parts.clock.setTimer(milliseconds, wake)
      addAbortListener(signal, wake)
      this.#waiting.add(wake)
    })
  }

  async #blockHashes(query: HeadersQuery, context: ServingContext): Promise<BlockHash[]> {
    const top = await this.#parts.servedTip.find(context)
    return inItsTurn(context, () => this.#hashesUpTo(top, query, context))
  }

  /** As Bitcoin Core: after the last hash that both have, up to before the stop block, 500 at most. */
  #hashesUpTo(
    top: number,
    { locator, stopHash }: HeadersQuery,
    { peer, signal }: ServingContext,
  ): BlockHash[] {
    // Of who has gone meanwhile nothing is remembered: nobody would forget it.
    if (signal.aborted) return []
    const { chain } = this.#parts
    const fork = locator.find((hash) => chain.isActive(hash))
    const hashes: BlockHash[] = []
    for (let height = (fork === undefined ? 0 : chain.heightOf(fork)!) + 1; height <= top; height++) {
      const hash = chain.hashAt(height)
      if (hash === undefined || bytesEqual(hash, stopHash)) break
      hashes.push(hash)
      if (hashes.length < MAX_BLOCKS_IN_INV) continue
      this.#continuations.set(peer, hash)
      break
    }
    return hashes
  }

  /** The end of what the peer was told of: the tip makes it ask for the rest. */
  #continue(hash: BlockHash, peer: PeerId): void {
    const last = this.#continuations.get(peer)
    if (last === undefined || !bytesEqual(last, hash)) return
    this.#continuations.delete(peer)
    const { chain, clock, servedTip, table } = this.#parts
    const top = chain.hashAt(servedTip.height)
    if (top === undefined) return
    // After the block, which leaves when this has returned.
    clock.setTimer(0, () => {
      const inventory = [{ type: InventoryType.BLOCK, hash: top }]
      table.get(peer)?.peer?.send({ type: 'inv', inventory })
    })
  }
}
