/**
 * A chain that is proved as it grows.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * @module
 */

import { type BlockHash, bytesEqual, hashToHex, type Network } from '@sapwood/wire-codec'
import { Stump } from '@sapwood/utreexo'
import {
  addAbortListener,
  type Logger,
  removeAbortListener,
  WakeUp,
} from '@sapwood/transport-v1v2/environment'
import { NodeError } from '../errors/node-error.ts'
import { provedBlocks, type ProvedBlocksComponents } from './proved-blocks.ts'
import type { ProvedItem } from './proved-item.ts'
import { ProvedQueue } from './proved-queue.ts'
import type { AssumedUtreexoState } from './utreexo-options.ts'
import { isSameState, type UtreexoState } from './utreexo-state.ts'
import { UtreexoStates } from './utreexo-states.ts'
import type { UtreexoStore } from './utreexo-store.ts'

/** States that may wait to be written before more blocks are proved. */
const MAX_UNSAVED = 1_000

export interface UtreexoFollowerOptions {
  /** Where to begin in a new store; at the genesis block where it is absent. */
  readonly assumed: AssumedUtreexoState | undefined
  /** Whether to prove the history up to there as well. */
  readonly checkHistory: boolean
}

export interface UtreexoFollowerComponents extends ProvedBlocksComponents {
  readonly logger: Logger
  readonly store: UtreexoStore
  /** Resolves when the chain knows a block, is as high, or has all headers that peers have. */
  readonly waitForHeader: (block: UtreexoState, signal: AbortSignal) => Promise<void>
}

/** The state before the first block that has anything to prove. */
function genesisState({ genesisHash }: Network): UtreexoState {
  return { height: 0, hash: genesisHash, stump: new Stump() }
}

/**
 * Proves the chain as it grows, from where it stopped the last time, whoever watches; and gives the proved
 * blocks to programs that do. One that begins further down has those before proved once more.
 */
export class UtreexoFollower {
  readonly #parts: UtreexoFollowerComponents
  readonly #options: UtreexoFollowerOptions
  readonly #queues = new Set<ProvedQueue>()
  readonly #abort = new AbortController()
  #states: UtreexoStates | undefined
  #unsaved = 0
  #saving: Promise<void> | undefined
  #failure: Error | undefined
  readonly #hasStarted = new WakeUp()
  #running: Promise<void> | undefined
  #proved = 0

  constructor(options: UtreexoFollowerOptions, components: UtreexoFollowerComponents) {
    this.#options = options
    this.#parts = components
  }

  /** The state after the last block that has been proved; undefined until the store has been read. */
  get state(): UtreexoState | undefined {
    return this.#states?.tip
  }

  /** Why blocks are no longer proved. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Blocks proved since it began. */
  get proved(): number {
    return this.#proved
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends every stream, and writes what has not been. @throws NodeError where that fails. */
  async stop(): Promise<void> {
    const reason = new NodeError('stopped', 'The node has stopped')
    this.#abort.abort(reason)
    for (const queue of this.#queues) queue.end(reason)
    await this.#running
    await this.#saving
    if (this.#states !== undefined) await this.#parts.store.save(this.#states)
  }

  /** Blocks of the best chain from a height on, each proved, with reorgs. */
  async *follow(from: number, signal: AbortSignal | undefined): AsyncGenerator<ProvedItem, void, undefined> {
    const own = new AbortController()
    const queue = new ProvedQueue()
    const onAbort = (): void => {
      const reason = (signal?.aborted === true ? signal : this.#abort.signal).reason as Error
      own.abort(reason)
      queue.close(reason)
    }
    for (const each of [signal, this.#abort.signal]) {
      if (each?.aborted === true) throw each.reason as Error
      addAbortListener(each, onAbort)
    }
    try {
      const states = await this.#started(own.signal)
      if (from <= states.base.height)
        throw new NodeError('invalid-argument', `Blocks up to ${states.base.height} are not proved`, {
          limit: states.base.height,
          received: from,
        })
      const seen: { last?: BlockHash } = {}
      yield* above(from, this.#replay(states, from, queue, seen, own.signal))
      yield* above(from, drain(queue, seen))
    } finally {
      for (const each of [signal, this.#abort.signal]) removeAbortListener(each, onAbort)
      this.#queues.delete(queue)
      queue.close()
      own.abort()
    }
  }

  /**
   * Proves blocks once more that have been proved, until it has come as far; then `queue` is given what
   * follows.
   */
  async *#replay(
    states: UtreexoStates,
    from: number,
    queue: ProvedQueue,
    seen: { last?: BlockHash },
    signal: AbortSignal,
  ): AsyncGenerator<ProvedItem, void, undefined> {
    const isThere = ({ height, hash }: UtreexoState): boolean =>
      height === states.tip.height && bytesEqual(hash, states.tip.hash)
    const attach = (): void => {
      if (this.#failure === undefined) this.#queues.add(queue)
      else queue.end(this.#failure)
    }
    if (from > states.tip.height) return attach()
    const own = new UtreexoStates([states.atOrBelow(from - 1)])
    const parts: ProvedBlocksComponents = { ...this.#parts, events: withoutProgress(this.#parts.events) }
    for await (const item of provedBlocks(own, parts, signal)) {
      yield item
      seen.last = own.tip.hash
      if (isThere(own.tip)) return attach()
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    let history: Promise<void> | undefined
    try {
      const states = await this.#load(signal)
      this.#states = states
      this.#hasStarted.ring()
      if (this.#options.checkHistory && states.base.height > 0)
        history = this.#checkHistory(states.base, signal)
      for await (const item of provedBlocks(states, this.#parts, signal)) {
        if (item.type === 'block') this.#proved += 1
        this.#unsaved += 1
        this.#save(states)
        // One that is added meanwhile has this item already.
        for (const queue of [...this.#queues]) await queue.push(item)
        if (this.#unsaved > MAX_UNSAVED) await this.#saving
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error)
    }
    await history
    const stopped = signal.aborted ? (signal.reason as Error) : this.#failure
    this.#hasStarted.ring()
    for (const queue of this.#queues) queue.end(stopped)
  }

  /** Proves the blocks up to where it began, beside those after it. */
  async #checkHistory(base: UtreexoState, signal: AbortSignal): Promise<void> {
    const own = new UtreexoStates([genesisState(this.#parts.network)])
    const parts: ProvedBlocksComponents = { ...this.#parts, events: withoutProgress(this.#parts.events) }
    const { height, hash } = base
    try {
      for await (const item of provedBlocks(own, parts, signal)) {
        if (item.type !== 'block' || item.height !== height) continue
        if (!isSameState(own.tip, base))
          throw new NodeError('utreexo-refused', `The history leads to another state after block ${height}`, {
            received: hashToHex(hash),
          })
        this.#parts.events.emit('utreexo-history-proved', { block: { height, hash } })
        return
      }
    } catch (error) {
      if (signal.aborted) return
      this.#fail(error as Error)
      this.#abort.abort(error)
    }
  }

  #fail(error: Error): void {
    this.#failure = error
    this.#parts.logger.error({ err: error }, 'blocks are no longer proved')
    this.#parts.events.emit('utreexo-stopped', { error })
  }

  async #load(signal: AbortSignal): Promise<UtreexoStates> {
    const { store, chain, network, logger, waitForHeader } = this.#parts
    const { states: stored, dropped } = await store.load()
    if (dropped > 0)
      logger.warn({ dropped }, 'stored states of the accumulator were damaged, and are dropped')
    const begin = this.#options.assumed ?? genesisState(network)
    // The one that it all began with may be among the damaged, and is the only one that is known anyway.
    const isBaseLost = dropped > 0 && stored.length > 0 && stored[0]!.height > begin.height
    const states = new UtreexoStates(stored.length > 0 && !isBaseLost ? stored : [begin, ...stored])
    if (stored.length === 0 || isBaseLost) states.note(begin)
    await waitForHeader(states.tip, signal)
    // It may have been written before its header was, or have left the chain since.
    const active = states.highest(({ hash }) => chain.isActive(hash))
    if (active !== undefined) states.rewind(active.height)
    return states
  }

  /** One write at a time: what comes meanwhile goes with the next. */
  #save(states: UtreexoStates): void {
    if (this.#saving !== undefined) return
    const count = this.#unsaved
    this.#saving = this.#parts.store
      .save(states)
      .then(
        () => {
          this.#unsaved -= count
          return true
        },
        (error: unknown) => {
          this.#parts.logger.error({ err: error }, 'the state of the accumulator could not be saved')
          return false
        },
      )
      .then((isSaved) => {
        this.#saving = undefined
        // What failed goes with the next block: a store that is full would be asked for ever.
        if (isSaved && this.#unsaved > 0 && !this.#abort.signal.aborted) this.#save(states)
      })
  }

  async #started(signal: AbortSignal): Promise<UtreexoStates> {
    while (this.#states === undefined) {
      if (this.#failure !== undefined) throw this.#failure
      await this.#hasStarted.wait(signal)
      signal.throwIfAborted()
    }
    return this.#states
  }
}

/** @param seen The last block that has been yielded already: it may have been on its way into the queue. */
async function* drain(
  queue: ProvedQueue,
  seen: { readonly last?: BlockHash },
): AsyncGenerator<ProvedItem, void, undefined> {
  let isFirst = true
  for (let item = await queue.next(); item !== undefined; item = await queue.next()) {
    const isSeen =
      isFirst && item.type === 'block' && seen.last !== undefined && bytesEqual(item.hash, seen.last)
    isFirst = false
    if (!isSeen) yield item
  }
}

/** The progress of blocks that are proved once more is nobody's but the program's that asked. */
function withoutProgress(events: ProvedBlocksComponents['events']): ProvedBlocksComponents['events'] {
  return {
    emit: (name, facts, bytes) => {
      if (name !== 'block-proved') events.emit(name, facts, bytes)
    },
  }
}

/** Without the blocks below a height, and without reorgs of which nothing has been seen. */
async function* above(
  from: number,
  items: AsyncIterable<ProvedItem>,
): AsyncGenerator<ProvedItem, void, undefined> {
  for await (const item of items) {
    if (item.type === 'block') {
      if (item.height >= from) yield item
      continue
    }
    const disconnected = item.disconnected.filter(({ height }) => height >= from)
    if (disconnected.length > 0) yield { ...item, disconnected }
  }
}
