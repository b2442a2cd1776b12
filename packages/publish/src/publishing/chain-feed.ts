import type { BlockRef, BlockStreamItem, NodeHandle } from '@sapwood/node'
import { WakeUp } from '@sapwood/transport-v1v2/environment'
import { bytesEqual } from '@sapwood/wire-codec'
import type { Position } from '../records/position.ts'
import type { RecordContent } from '../records/published-message.ts'
import { blockRecord, headersRecord, undoneRecord } from '../records/record-contents.ts'
import type { PublishSink } from '../sinks/publish-sink.ts'
import { BlockPump } from './block-pump.ts'
import { type ChainName, findUndone, undoneInChain } from './undone-blocks.ts'

/** The parts of a node that the chain is read from. */
export type ChainOfNode = Pick<NodeHandle, 'chain' | 'blocks' | 'info'>

/** A record of the chain, and how far publishing has come with it. */
export interface ChainRecord {
  readonly record: RecordContent
  readonly after: Position
}

/** What of the chain is published, and from where on where nothing of it has been. */
export interface ChainFeedOptions {
  readonly from: number
  readonly names: readonly ChainName[]
}

/**
 * The records of the chain after a position, in order. It holds none but a few blocks ahead: whoever has lost
 * one makes another feed at the position that the sink has.
 */
export class ChainFeed {
  readonly #node: ChainOfNode
  readonly #options: ChainFeedOptions
  readonly #wake: WakeUp
  #position: Position
  #pump: BlockPump | undefined

  /** @param wake Rung when there is something to take. */
  constructor(node: ChainOfNode, options: ChainFeedOptions, position: Position, wake: WakeUp) {
    this.#node = node
    this.#options = options
    this.#position = position
    this.#wake = wake
  }

  /**
   * Joins what is published to the best chain as it is now: what has been left since is undone, in the sink's
   * words where the chain has forgotten it.
   * @param last the sequence of the sink's last message.
   */
  async join(sink: PublishSink, last: number, signal: AbortSignal): Promise<readonly ChainRecord[]> {
    const records: ChainRecord[] = []
    for (const name of this.#options.names) {
      const end = this.#position[name]
      if (end === undefined) continue
      await this.#untilKnown(end, signal)
      const undone = await findUndone(this.#node.chain, sink, name, end, last)
      if (undone !== undefined) records.push(this.#record(undoneRecord(name, undone), name, undone.fork))
    }
    if (this.#options.names.includes('blocks')) {
      this.#pump = new BlockPump(this.#node.blocks, this.#next('blocks'), this.#wake)
    }
    return records
  }

  /** The next record, where there is one. @throws what the stream of blocks ends with. */
  take(): ChainRecord | undefined {
    return this.#nextHeaders() ?? this.#nextBlock()
  }

  /** Lets go of the node. */
  async close(): Promise<void> {
    await this.#pump?.close()
  }

  /** A node that was killed may lack headers that it has published: they come again, but for stale ones. */
  async #untilKnown({ hash }: BlockRef, signal: AbortSignal): Promise<void> {
    const { chain } = this.#node
    while (chain.heightOf(hash) === undefined && this.#node.info().phase !== 'running') {
      await this.#wake.wait(signal)
      signal.throwIfAborted()
    }
  }

  #nextHeaders(): ChainRecord | undefined {
    if (!this.#options.names.includes('headers')) return undefined
    const { chain } = this.#node
    const end = this.#position.headers
    const undone = end && undoneInChain(chain, end)
    if (undone !== undefined) return this.#record(undoneRecord('headers', undone), 'headers', undone.fork)
    const next = headersRecord(chain, this.#next('headers'))
    return next && this.#record(next.record, 'headers', next.end)
  }

  #nextBlock(): ChainRecord | undefined {
    for (;;) {
      const item = this.#pump?.take()
      if (item === undefined) return undefined
      const record = item.type === 'block' ? this.#block(item) : this.#undoneBlocks(item)
      if (record !== undefined) return record
    }
  }

  #block(item: Extract<BlockStreamItem, { type: 'block' }>): ChainRecord {
    const end = this.#position.blocks
    // The chain has moved before the stream was open: a new feed joins it.
    if (end !== undefined && !bytesEqual(item.block.header.previousBlockHash, end.hash)) {
      throw new Error(`Block ${item.height} does not follow the one that was published last`)
    }
    return this.#record(blockRecord(item), 'blocks', { height: item.height, hash: item.hash })
  }

  #undoneBlocks({ change }: Extract<BlockStreamItem, { type: 'reorg' }>): ChainRecord | undefined {
    const end = this.#position.blocks
    if (end === undefined || end.height <= change.fork.height) return undefined
    const undone = change.disconnected.filter(({ height }) => height <= end.height)
    return this.#record(undoneRecord('blocks', { fork: change.fork, undone }), 'blocks', change.fork)
  }

  #record(record: RecordContent, name: ChainName, end: BlockRef): ChainRecord {
    this.#position = { ...this.#position, [name]: end }
    return { record, after: this.#position }
  }

  #next(name: ChainName): number {
    const end = this.#position[name]
    return end === undefined ? this.#options.from : end.height + 1
  }
}
