import type { Transaction, Txid } from '@sapwood/wire-codec'
import {
  type Clock,
  keepTrying,
  type Logger,
  MINUTE,
  WakeUp,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import {
  type BlockRef,
  type BroadcastOptions,
  type BroadcastState,
  type CallOptions,
  isNodeError,
  type KeyValueOperation,
  NodeError,
} from '../index.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { aHeight, aTransaction, aTxid, someScripts } from '../handle/node-checks.ts'
import { EventStream } from './event-stream.ts'
import { HeardTransactions } from './heard-transactions.ts'
import { OwnTransactions } from './own-transactions.ts'
import type { TransactionChange } from './watch-ledger.ts'
import { WatchState } from './watch-state.ts'
import { type KeptWatch, noScriptOperation, ownOperation, type WatchStore } from './watch-store.ts'
import { WatchWalk } from './watch-walk.ts'
import type { UnspentOutput, WatchedTransaction } from './watched-transaction.ts'
import type { WatchedNode, Watcher, WatchOptions } from './watcher.ts'
import type { WatcherEvent } from './watcher-event.ts'

/** Milliseconds after which what the store or the node refused is tried again. */
const FOLLOW_AGAIN_AFTER = 5_000
/** Milliseconds for which a call waits unless it says so. */
const DEFAULT_TIMEOUT = MINUTE

export interface FollowingWatcherComponents {
  readonly node: WatchedNode
  readonly clock: Clock
  readonly logger: Logger
  readonly store: Pick<WatchStore, 'write'>
}

/** A watcher: it goes on by itself from where the store says that it stood. */
export class FollowingWatcher implements Watcher {
  readonly #parts: FollowingWatcherComponents
  readonly #state: WatchState
  readonly #walk: WatchWalk
  readonly #own: OwnTransactions
  readonly #heard: HeardTransactions
  readonly #ending = new AbortController()
  /** Something has been looked at. */
  readonly #step = new WakeUp()
  readonly #streams = new Set<EventStream>()
  /** What is heard does not go by all that is known. */
  #isDeaf = true
  #running: Promise<void> | undefined
  #isOver = false

  constructor(kept: KeptWatch, parts: FollowingWatcherComponents) {
    const { node, clock, logger, store } = parts
    this.#parts = parts
    this.#state = new WatchState(kept, store, (changes, position) => this.#saved(changes, position))
    this.#walk = new WatchWalk({ node, clock, state: this.#state, onWait: () => this.#listen() })
    this.#own = new OwnTransactions(node.transactions, logger)
    for (const each of kept.own) this.#own.add(each)
    this.#heard = new HeardTransactions(node.transactions, (transaction) => this.#hear(transaction))
  }

  get position(): BlockRef | undefined {
    return this.#state.position
  }

  get isLookingBack(): boolean {
    return this.#state.lookbacks.length > 0
  }

  get scripts(): readonly Uint8Array[] {
    return this.#state.ledger.scripts
  }

  /** @throws NodeError `filters-off`. */
  start(): void {
    // Said here, and not by a loop that nobody waits for.
    const { chain, filters } = this.#parts.node
    void filters.follow({ from: chain.tip().height }).return?.()
    this.#own.start((id) => this.#state.ledger.get(id)?.block?.height)
    this.#running = this.#run()
  }

  async watch(scripts: readonly Uint8Array[], options: WatchOptions = {}): Promise<void> {
    refuseArgument(someScripts, scripts, 'watch: scripts')
    const { from = this.#parts.node.chain.tip().height + 1 } = options
    refuseArgument(aHeight, from, 'watch: from')
    this.#refuseOver()
    const { ledger } = this.#state
    const fresh = scripts.filter((script) => from < (ledger.firstHeight(script) ?? Number.POSITIVE_INFINITY))
    if (fresh.length === 0) return
    this.#walk.add(fresh, from)
    this.#isDeaf = true
    await this.#state.save()
    this.#walk.wake()
  }

  async unwatch(scripts: readonly Uint8Array[]): Promise<void> {
    refuseArgument(someScripts, scripts, 'unwatch: scripts')
    this.#refuseOver()
    this.#walk.remove(scripts)
    this.#state.ledger.unwatch(scripts)
    this.#isDeaf = true
    await this.#state.save(scripts.map(noScriptOperation))
    this.#walk.wake()
  }

  transactions(): readonly WatchedTransaction[] {
    return this.#state.ledger.transactions()
  }

  transaction(id: Txid): WatchedTransaction | undefined {
    refuseArgument(aTxid, id, 'transaction')
    return this.#state.ledger.get(id)
  }

  unspent(): readonly UnspentOutput[] {
    return this.#state.ledger.unspent(this.position?.height ?? 0)
  }

  async broadcast(
    transaction: Transaction,
    options: CallOptions & BroadcastOptions = {},
  ): Promise<BroadcastState> {
    refuseArgument(aTransaction, transaction, 'broadcast')
    this.#refuseOver()
    if (!this.#state.ledger.hear(transaction, this.#parts.clock.wallTime(), { isOwn: true }))
      throw new NodeError(
        'invalid-argument',
        'It concerns no watched script: that is for `transactions.broadcast` of the node',
        { detail: 'broadcast' },
      )
    const { feeRate } = options
    const own = { transaction, ...(feeRate !== undefined && { feeRate }) }
    this.#own.add(own)
    await this.#state.save([ownOperation(own)])
    this.#walk.wake()
    return this.#parts.node.transactions.broadcast(transaction, options)
  }

  async cancelBroadcast(id: Txid): Promise<boolean> {
    refuseArgument(aTxid, id, 'cancelBroadcast')
    if (!this.#own.has(id)) return false
    this.#state.ledger.cancel(id)
    await this.#state.save(await this.#own.cancel(id))
    return true
  }

  events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<WatcherEvent> {
    const known = { transactions: this.transactions(), position: this.position }
    const stream = new EventStream(known, (ended) => this.#streams.delete(ended), signal)
    if (this.#isOver) stream.end()
    else if (signal?.aborted !== true) this.#streams.add(stream)
    return stream
  }

  async waitForHeight(
    height: number,
    { signal, timeout = DEFAULT_TIMEOUT }: CallOptions = {},
  ): Promise<void> {
    refuseArgument(aHeight, height, 'waitForHeight')
    const reason = (): NodeError =>
      new NodeError('timeout', `Block ${height} was not looked at within ${timeout} ms`, { limit: timeout })
    const isThere = (): boolean => !this.isLookingBack && (this.position?.height ?? -1) >= height
    await withDeadline(
      this.#parts.clock,
      timeout,
      async (deadline) => {
        while (!isThere()) {
          this.#refuseOver()
          await this.#step.wait(deadline)
          deadline.throwIfAborted()
        }
      },
      { reason, ...(signal !== undefined && { signal }) },
    )
  }

  async stop(): Promise<void> {
    this.#ending.abort(new NodeError('stopped', 'The watcher has stopped'))
    this.#walk.wake()
    await this.#running
    await this.#state.save()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Follows the chain until the node or the watcher stops; what fails is told, and tried again. */
  async #run(): Promise<void> {
    const { clock, logger } = this.#parts
    const { signal } = this.#ending
    await keepTrying(() => this.#walk.follow(signal), {
      clock,
      pause: FOLLOW_AGAIN_AFTER,
      signal,
      onFailure: (error) => {
        if (isNodeError(error) && error.code === 'stopped') return false
        logger.error({ err: error }, 'the watcher cannot go on, and will try again')
        return true
      },
    })
    this.#isOver = true
    this.#heard.stop()
    for (const stream of [...this.#streams]) stream.end()
    this.#step.ring()
  }

  /** Once all blocks have been looked at: what is heard is asked for by all that is known by then. */
  #listen(): void {
    const { node } = this.#parts
    const height = this.position?.height ?? node.chain.tip().height
    if (!this.#isDeaf || height < node.chain.tip().height) return
    this.#isDeaf = false
    const txids = this.unspent().map(({ txid }) => txid)
    this.#heard.listen({ scripts: this.scripts, txids })
  }

  async #hear(transaction: Transaction): Promise<void> {
    this.#state.ledger.hear(transaction, this.#parts.clock.wallTime())
    await this.#state.save().catch((error: unknown) => {
      this.#parts.logger.error({ err: error }, 'what was heard could not be saved')
    })
  }

  #saved(
    changes: ReadonlyMap<string, TransactionChange>,
    position: BlockRef | undefined,
  ): readonly KeyValueOperation[] {
    if (changes.size > 0) this.#isDeaf = true
    const done = [...this.#own.changed(changes), ...this.#own.passed(position?.height ?? 0)]
    for (const stream of this.#streams) stream.push(changes, position)
    this.#step.ring()
    return done
  }

  #refuseOver(): void {
    if (this.#isOver || this.#ending.signal.aborted)
      throw new NodeError('stopped', 'The watcher, or its node, has stopped')
  }
}
