import type { BlockHash } from '@sapwood/wire-codec'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { Outbox } from '../chain/outbox.ts'
import type { BlockDownloadAction, DownloadedBlock, StreamId } from './block-download-action.ts'
import { BlockStream } from './block-stream.ts'

/** A stream whose next block nobody has had for this long is told of. */
const STARVING = MINUTE

/** The streams that are being read: which blocks they wait for, and what each is given, in its order. */
export class OpenStreams implements Iterable<BlockStream> {
  readonly #chain: HeaderChain
  readonly #out: Outbox<BlockDownloadAction>
  readonly #streams = new Map<StreamId, BlockStream>()
  #nextId = 1

  constructor(components: { readonly chain: HeaderChain; readonly out: Outbox<BlockDownloadAction> }) {
    this.#chain = components.chain
    this.#out = components.out
  }

  [Symbol.iterator](): IterableIterator<BlockStream> {
    return this.#streams.values()
  }

  /** @param to The last height; left out: a following stream. */
  open({ from, to }: { readonly from: number; readonly to?: number }): StreamId {
    const id = this.#nextId++ as StreamId
    this.#streams.set(id, new BlockStream(id, from, to ?? Number.POSITIVE_INFINITY))
    return id
  }

  close(id: StreamId): void {
    this.#streams.delete(id)
  }

  has(id: StreamId): boolean {
    return this.#streams.has(id)
  }

  /** Whether one of them has a use for the best chain's block at that height. */
  want(height: number): boolean {
    for (const stream of this) if (stream.wants(height)) return true
    return false
  }

  /** Whether it is one of the next two that one of them delivers. */
  wantSoon(height: number): boolean {
    for (const stream of this) if (height <= stream.next + 1 && stream.wants(height)) return true
    return false
  }

  /** Gives a block of the best chain to those that wait for it. */
  hold(block: DownloadedBlock): void {
    for (const stream of this) {
      if (!stream.wants(block.height)) continue
      stream.hold(block)
      this.#deliver(stream)
    }
  }

  /** The program took `count` blocks of a stream: there is room for more. */
  consumed(id: StreamId, count: number): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.consumed(count)
    this.#deliver(stream)
  }

  /** The block at that height did not come. */
  retry(height: number): void {
    for (const stream of this) stream.retry(height)
  }

  /** The best chain left blocks: those that a stream has delivered are told to it, from the top down. */
  rewind(change: TipChange): void {
    for (const stream of this) {
      const delivered = stream.rewind(change.fork.height)
      const disconnected = change.disconnected.filter(({ height }) => height <= delivered)
      if (disconnected.length > 0) {
        this.#out.push({ type: 'rewind', stream: stream.id, change: { ...change, disconnected } })
      }
    }
  }

  /** Says of which streams the next block is nowhere to be had. */
  tellStarving(isUnavailable: (hash: BlockHash) => boolean): void {
    const { now } = this.#out
    for (const stream of this) {
      const hash = stream.next <= stream.to ? this.#chain.hashAt(stream.next) : undefined
      if (hash === undefined || !isUnavailable(hash)) {
        stream.starving = undefined
        continue
      }
      if (stream.starving?.height !== stream.next)
        stream.starving = { height: stream.next, since: now, isTold: false }
      if (stream.starving.isTold || now - stream.starving.since < STARVING) continue
      stream.starving.isTold = true
      this.#out.push({ type: 'stream-unavailable', hash })
    }
  }

  #deliver(stream: BlockStream): void {
    for (let block = stream.take(); block !== undefined; block = stream.take()) {
      this.#out.push({ type: 'deliver', stream: stream.id, block })
    }
    if (!stream.ended) return
    this.#streams.delete(stream.id)
    this.#out.push({ type: 'stream-end', stream: stream.id })
  }
}
