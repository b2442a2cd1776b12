import { type BlockHash, bytesEqual, decodePayload, type Message, Services } from '@sapwood/wire-codec'
import type { PeerId, ServingContext } from '@sapwood/peer'
import { type Clock, SECOND, withDeadline } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import { announceTip } from './announce-tip.ts'
import type { CallQueue } from './call-queue.ts'
import type { NodePart } from './node-part.ts'
import type { ServedTip } from './served-tip.ts'
import type { ServiceTable } from '../connections/service-table.ts'

/** Longest that a program has for the compact form of a block: the tip is told of without it then. */
const COMPACT_WAIT = 2 * SECOND

export interface TipAnnouncerOptions {
  /** What our `version` says now. */
  readonly ownServices: () => bigint
}

export interface TipAnnouncerComponents {
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly table: Pick<ConnectionTable, 'ready'>
  readonly services: ServiceTable
  readonly servedTip: ServedTip
  readonly phase: Pick<CurrentPhase, 'name'>
  readonly calls: Pick<CallQueue, 'post'>
}

/**
 * Tells peers of new blocks once they can be served: whoever hears of one asks for it at once, and does not
 * ask again when it was not there (a tip that moves on meanwhile is told in one go). Where no program serves
 * blocks there is nothing to wait for.
 */
export class TipAnnouncer implements NodePart {
  readonly #parts: TipAnnouncerComponents
  readonly #ownServices: () => bigint
  /** The last tip that was told of, or that nobody had to be told of. */
  #told: BlockHash
  /** Who told us of what is to be told. */
  readonly #from = new Set<PeerId>()
  readonly #ending = new AbortController()
  #isPending = false
  #isLooking = false

  constructor({ ownServices }: TipAnnouncerOptions, components: TipAnnouncerComponents) {
    this.#parts = components
    this.#ownServices = ownServices
    this.#told = components.chain.tip().hash
  }

  tipChanged(_: TipChange, from: PeerId | undefined): void {
    // Whoever hears of a block asks for it: only who serves blocks may tell, and only at the tip (Core). A
    // program's bits may be gone until it has the blocks of a reorg: they are asked for when it has them.
    const isAsked = this.#parts.services.answers.block !== undefined
    if (!isAsked && (!this.#servesBlocks() || this.#isChoosing)) {
      this.#settle()
      return
    }
    this.#isPending = true
    if (from !== undefined) this.#from.add(from)
    if (isAsked) this.recheck()
    else this.#announce(undefined)
  }

  tick(): void {
    this.recheck()
  }

  /** There may be blocks to serve that there were not. */
  recheck(): void {
    // Whoever asked meanwhile was told of what was there then, and is told of the rest afterwards.
    if (!this.#isPending || this.#isLooking || this.#isChoosing) return
    const [first] = this.#parts.table.ready()
    if (first === undefined) return
    this.#isLooking = true
    const { hash } = this.#parts.chain.tip()
    void this.#look(hash, { peer: first.id, signal: this.#ending.signal })
  }

  stop(): void {
    this.#ending.abort(new Error('The node is stopping'))
  }

  async #look(hash: BlockHash, context: ServingContext): Promise<void> {
    const isThere = await this.#parts.servedTip.has(hash, context)
    const compact = isThere ? await this.#compact(hash, context) : undefined
    this.#parts.calls.post('announce-tip', () => {
      this.#isLooking = false
      // The tip has moved on meanwhile: what counts is whether the new one is there.
      if (!bytesEqual(this.#parts.chain.tip().hash, hash)) this.recheck()
      else if (isThere && this.#isPending) {
        if (this.#servesBlocks()) this.#announce(compact)
        else this.#settle()
      }
    })
  }

  get #isChoosing(): boolean {
    return this.#parts.phase.name === 'choosing-chain'
  }

  #servesBlocks(): boolean {
    return (this.#ownServices() & (Services.NETWORK | Services.NETWORK_LIMITED)) !== 0n
  }

  /** Nobody is to be told of the tip. */
  #settle(): void {
    this.#told = this.#parts.chain.tip().hash
    this.#isPending = false
    this.#from.clear()
  }

  async #compact(hash: BlockHash, context: ServingContext): Promise<Message | undefined> {
    const { clock, services, table } = this.#parts
    if (![...table.ready()].some(({ peer }) => peer.info().compactHighBandwidthFrom)) return undefined
    try {
      // One that never comes is none: this tip is to be told of, and the next ones after it.
      const ask = async (signal: AbortSignal): Promise<Uint8Array | undefined> =>
        services.answers.compactBlock?.(hash, { ...context, signal })
      const payload = await withDeadline(clock, COMPACT_WAIT, ask, { signal: context.signal })
      return payload && decodePayload('cmpctblock', payload)
    } catch {
      return undefined
    }
  }

  #announce(compact: Message | undefined): void {
    const { chain, table } = this.#parts
    const oldTip = { height: chain.heightOf(this.#told) ?? 0, hash: this.#told }
    const fork = chain.forkPoint(this.#told)
    const newTip = chain.tip()
    const from = new Set(this.#from)
    this.#settle()
    // Back on what was told of before.
    if (fork === undefined || fork.height >= newTip.height) return
    announceTip({ oldTip, newTip, fork, disconnected: [] }, from, { chain, peers: table.ready(), compact })
  }
}
