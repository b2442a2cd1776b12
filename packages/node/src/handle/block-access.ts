import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import { blockBytes, type BlockHash, hashToHex } from '@sapwood/wire-codec'
import type { DeliveredBlock } from '../blocks/block-download-action.ts'
import type { BlockStore } from '../blocks/block-store.ts'
import type { StoredBlockReader } from '../blocks/stored-blocks.ts'
import { type BlockRange, StoredFirstStream } from '../blocks/stored-first-stream.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { BlockStreams, BlockQueue } from '../loop/block-streams.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import type { UtreexoDriver } from '../loop/utreexo-driver.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import type { BlockStreamItem } from '../blocks/block-stream-item.ts'
import type { BlockAccess, CallOptions } from './node-handle.ts'
import { aBlockHash } from './node-checks.ts'

/** What the node's own keeping reads. */
export interface BlocksOfPeers {
  /** As `follow`, from peers alone. */
  readonly followPeers: BlockAccess['follow']
}

/** The handle's blocks, on top of the loop's streams. */
export function createBlockAccess(components: {
  readonly calls: CallQueue
  readonly streams: BlockStreams
  readonly chain: HeaderChain
  readonly withDeadline: WithCallDeadline
  readonly utreexoDriver: Pick<UtreexoDriver, 'refuseBlock'>
  /** Where the node keeps its blocks. */
  readonly kept?: { readonly store: Pick<BlockStore, 'stored'>; readonly reader: StoredBlockReader }
}): BlockAccess & BlocksOfPeers {
  const { calls, streams, chain, withDeadline, utreexoDriver, kept } = components

  const getBlock: BlockAccess['getBlock'] = async (hash, options) => {
    refuseArgument(aBlockHash, hash, 'getBlock')
    const stored = await kept?.reader.get(hash)
    if (stored !== undefined) return stored
    const fetched = await getFromPeers(hash, options)
    const { block } = fetched
    await kept?.reader.repair(fetched, blockBytes(block))
    return fetched
  }

  const getFromPeers: BlockAccess['getBlock'] = async (hash, options) => {
    const facts = { isUnavailable: false }
    try {
      return await fetchBlock(hash, options, () => {
        facts.isUnavailable = streams.isUnavailable(hash)
      })
    } catch (error) {
      const isLate = isNodeError(error) && error.code === 'timeout'
      if (!isLate || !facts.isUnavailable) throw error
      throw new NodeError('block-unavailable', `No peer that is connected has block ${hashToHex(hash)}`, {
        ...(error.limit !== undefined && { limit: error.limit }),
        received: hashToHex(hash),
      })
    }
  }

  /** @param onGiveUp Called while the block is still wanted, when it is about not to be. */
  const fetchBlock = (
    hash: BlockHash,
    options: CallOptions | undefined,
    onGiveUp: () => void,
  ): Promise<DeliveredBlock> =>
    withDeadline(options, async (signal) => {
      let giveUp = (): void => undefined
      const onAbort = (): void => {
        onGiveUp()
        calls.post('give-up-block', giveUp)
      }
      addAbortListener(signal, onAbort)
      try {
        return await calls.call('getBlock', () => {
          refuseUnknown(chain, hash)
          return new Promise<DeliveredBlock>((resolve, reject) => {
            giveUp = streams.want(hash, { resolve, reject })
            if (signal.aborted) giveUp()
          })
        })
      } finally {
        removeAbortListener(signal, onAbort)
      }
    })

  const fromPeers = (range: BlockRange, signal: AbortSignal | undefined): LazyStream =>
    new LazyStream(
      () =>
        calls.call('openStream', () => {
          refuseBadRange(range, chain.base)
          return streams.open(range)
        }),
      signal,
    )

  const storedFirst = (
    range: BlockRange,
    signal: AbortSignal | undefined,
  ): AsyncIterableIterator<BlockStreamItem> =>
    kept === undefined
      ? fromPeers(range, signal)
      : new StoredFirstStream(range, {
          stored: kept.reader,
          chain,
          open: (rest) => fromPeers(rest, signal),
          signal,
        })

  return {
    getBlock,
    refuse: ({ height, hash, peer }, rule) => utreexoDriver.refuseBlock({ height, hash }, rule, peer),
    range: (range, options) => onlyBlocks(storedFirst(range, options?.signal)),
    follow: (from, options) => storedFirst(from, options?.signal),
    followPeers: (from, options) => fromPeers(from, options?.signal),
    stored: () => kept?.store.stored() ?? { blocks: 0, bytes: 0 },
  }
}

function refuseUnknown(chain: HeaderChain, hash: BlockHash): void {
  if (chain.heightOf(hash) !== undefined) return
  const text = hashToHex(hash)
  throw new NodeError('unknown-block', `No header of block ${text} is known`, { received: text })
}

function refuseBadRange({ from, to }: BlockRange, base: number): void {
  const isHeight = (height: number): boolean => Number.isSafeInteger(height) && height >= base
  if (isHeight(from) && (to === undefined || (isHeight(to) && to >= from))) return
  throw new NodeError('invalid-argument', `Not a range of heights: ${from} to ${to ?? 'the end'}`, {
    limit: base,
  })
}

/** A stream that is opened by its first reader, and closed when its signal fires. */
class LazyStream implements AsyncIterableIterator<BlockStreamItem> {
  readonly #open: () => Promise<BlockQueue>
  readonly #signal: AbortSignal | undefined
  #queue: Promise<BlockQueue> | undefined

  constructor(open: () => Promise<BlockQueue>, signal: AbortSignal | undefined) {
    this.#open = open
    this.#signal = signal
  }

  async next(): Promise<IteratorResult<BlockStreamItem>> {
    this.#signal?.throwIfAborted()
    this.#queue ??= this.#start()
    const queue = await this.#queue
    try {
      const result = await queue.next()
      // Whoever reads to the end does not call `return`.
      if (result.done === true) this.#letGoOfSignal()
      return result
    } catch (error) {
      this.#letGoOfSignal()
      throw error
    }
  }

  async return(): Promise<IteratorResult<BlockStreamItem>> {
    const queue = await this.#queue?.catch(() => undefined)
    this.#letGoOfSignal()
    await queue?.return()
    // A stream that was never read is not opened later either.
    this.#queue ??= Promise.reject(new NodeError('invalid-argument', 'The stream has been closed'))
    this.#queue.catch(() => undefined)
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #start(): Promise<BlockQueue> {
    const queue = await this.#open()
    // Aborted while it was opened: closed too, or its blocks would go on being asked for.
    if (this.#signal?.aborted === true) await this.#end(queue)
    else addAbortListener(this.#signal, this.#onAbort)
    return queue
  }

  #letGoOfSignal(): void {
    removeAbortListener(this.#signal, this.#onAbort)
  }

  readonly #onAbort = (): void => {
    void this.#queue?.then((queue) => this.#end(queue))
  }

  async #end(queue: BlockQueue): Promise<void> {
    await queue.return()
    queue.fail(this.#reason())
  }

  #reason(): Error {
    const reason: unknown = this.#signal?.reason
    return reason instanceof Error ? reason : new Error('The stream was aborted', { cause: reason })
  }
}

/** A range has no reorgs: it delivers the blocks of the best chain as it is when each is delivered. */
async function* onlyBlocks(
  stream: AsyncIterableIterator<BlockStreamItem>,
): AsyncGenerator<DeliveredBlock, void, undefined> {
  for await (const item of stream) if (item.type === 'block') yield item
}
