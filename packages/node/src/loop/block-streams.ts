import { type BlockHash, hashToHex } from '@sapwood/wire-codec'
import { AsyncQueue } from '@sapwood/transport-v1v2/environment'
import type { BlockDownloadAction, DeliveredBlock, StreamId } from '../blocks/block-download-action.ts'
import type { BlockDownload } from '../blocks/block-download.ts'
import type { TipChange } from '../chain/chain-entry.ts'
import { NodeError } from '../errors/node-error.ts'
import type { BlockStreamItem } from '../blocks/block-stream-item.ts'

interface Waiter {
  readonly resolve: (block: DeliveredBlock) => void
  readonly reject: (error: Error) => void
}

export interface BlockStreamsComponents {
  readonly download: BlockDownload
  readonly now: () => Parameters<BlockDownload['tick']>[0]
  /** Does what the block download says. */
  readonly run: (actions: readonly BlockDownloadAction[]) => void
  /** A program has taken blocks. */
  readonly onTaken?: () => void
  /** Runs something on the node's loop, soon. */
  readonly onLoop: (call: string, run: () => void) => void
}

/** Where programs wait for blocks: each stream's queue, and who asked for which single block. */
export class BlockStreams {
  readonly #parts: BlockStreamsComponents
  readonly #queues = new Map<StreamId, BlockQueue>()
  /** By hash: two calls for the same block share one download. */
  readonly #waiting = new Map<string, { readonly hash: BlockHash; readonly waiters: Set<Waiter> }>()
  #stopped = false

  constructor(components: BlockStreamsComponents) {
    this.#parts = components
  }

  /** Opens a stream; on the loop. @throws NodeError `stopped` after `stop`. */
  open(range: { readonly from: number; readonly to?: number }): BlockQueue {
    this.#refuseStopped()
    const { download, now, run, onLoop } = this.#parts
    const { stream, actions } = download.openStream(range, now())
    const queue = new BlockQueue(range.from, range.to !== undefined, {
      consumed: (count) =>
        onLoop('consumed', () => {
          run(download.consumed(stream, count, now()))
          this.#parts.onTaken?.()
        }),
      close: () => {
        onLoop('close-stream', () => {
          this.#queues.delete(stream)
          download.closeStream(stream)
        })
      },
    })
    this.#queues.set(stream, queue)
    run(actions)
    return queue
  }

  /** Whether no connected peer may have the block. */
  isUnavailable(hash: BlockHash): boolean {
    return this.#parts.download.isUnavailable(hash)
  }

  deliver(stream: StreamId, block: DeliveredBlock): void {
    this.#queues.get(stream)?.push({ type: 'block', ...block })
  }

  rewind(stream: StreamId, change: TipChange): void {
    this.#queues.get(stream)?.push({ type: 'reorg', change })
  }

  end(stream: StreamId): void {
    this.#queues.get(stream)?.end()
    this.#queues.delete(stream)
  }

  /** Asks for one block; on the loop. @returns how to give up. @throws NodeError `stopped` after `stop`. */
  want(hash: BlockHash, waiter: Waiter): () => void {
    this.#refuseStopped()
    const { download, now, run } = this.#parts
    const key = hashToHex(hash)
    const known = this.#waiting.get(key)
    const entry = known ?? { hash, waiters: new Set<Waiter>() }
    entry.waiters.add(waiter)
    this.#waiting.set(key, entry)
    if (known === undefined) run(download.want(hash, now()))
    return () => {
      entry.waiters.delete(waiter)
      if (entry.waiters.size > 0 || this.#waiting.get(key) !== entry) return
      this.#waiting.delete(key)
      download.unwant(hash)
    }
  }

  single(block: DeliveredBlock): void {
    for (const waiter of this.#take(block.hash)) waiter.resolve(block)
  }

  /** The block broke a rule: nobody will get it. */
  invalid(hash: BlockHash, rule: string): void {
    const waiters = this.#take(hash)
    for (const { reject } of waiters) {
      reject(new NodeError('invalid-block', `Block ${hashToHex(hash)} breaks ${rule}`, { detail: rule }))
    }
    if (waiters.length > 0) this.#parts.download.unwant(hash)
  }

  /**
   * How far the slowest following stream is: the height that the program has taken;
   * undefined without streams.
   */
  lowestFollowed(): number | undefined {
    let lowest: number | undefined
    for (const queue of this.#queues.values()) {
      if (!queue.hasEnd && (lowest === undefined || queue.taken < lowest)) lowest = queue.taken
    }
    return lowest
  }

  /** Ends every stream and every call. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    const error = stopped()
    for (const queue of this.#queues.values()) queue.fail(error)
    this.#queues.clear()
    for (const { waiters } of this.#waiting.values()) for (const { reject } of waiters) reject(error)
    this.#waiting.clear()
  }

  /** While connections end the loop still runs, and nobody would answer. */
  #refuseStopped(): void {
    if (this.#stopped) throw stopped()
  }

  #take(hash: BlockHash): Waiter[] {
    const key = hashToHex(hash)
    const waiters = [...(this.#waiting.get(key)?.waiters ?? [])]
    this.#waiting.delete(key)
    return waiters
  }
}

function stopped(): NodeError {
  return new NodeError('stopped', 'The node has stopped')
}

/** What one program has been given and has not taken. The block download bounds it. */
export class BlockQueue implements AsyncIterableIterator<BlockStreamItem> {
  /** Height of the last block that the program took. */
  taken: number
  readonly hasEnd: boolean
  readonly #callbacks: { readonly consumed: (count: number) => void; readonly close: () => void }
  readonly #queue: AsyncQueue<BlockStreamItem> = new AsyncQueue<BlockStreamItem>({
    onTake: (item) => this.#taken(item),
  })
  /** Blocks taken since the download was last told. */
  #untold = 0

  constructor(
    from: number,
    hasEnd: boolean,
    callbacks: { readonly consumed: (count: number) => void; readonly close: () => void },
  ) {
    this.taken = from - 1
    this.hasEnd = hasEnd
    this.#callbacks = callbacks
  }

  push(item: BlockStreamItem): void {
    this.#queue.push(item)
  }

  end(): void {
    this.#queue.end()
  }

  /** Ends the stream at once, with an error where the program goes on reading. */
  fail(error: Error): void {
    this.#queue.clear()
    this.#queue.fail(error)
  }

  next(): Promise<IteratorResult<BlockStreamItem>> {
    return this.#queue.next()
  }

  return(): Promise<IteratorResult<BlockStreamItem>> {
    if (!this.#queue.ended) this.#callbacks.close()
    return this.#queue.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #taken(item: BlockStreamItem): void {
    if (item.type === 'reorg') {
      this.taken = Math.min(this.taken, item.change.fork.height)
      return
    }
    this.taken = item.height
    this.#untold += 1
    if (this.#untold === 1) queueMicrotask(this.#tell)
  }

  /** One message to the loop for all blocks that were taken in one go. */
  readonly #tell = (): void => {
    const count = this.#untold
    this.#untold = 0
    if (!this.#queue.ended) this.#callbacks.consumed(count)
  }
}
