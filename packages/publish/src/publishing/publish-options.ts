import type { CounterCollector, GaugeCollector } from '@sapwood/node'
import type { Clock, Logger, Random, WallTime } from '@sapwood/transport-v1v2/environment'
import type { Position } from '../records/position.ts'

/** What of a node is published. */
export type PublishKind = 'headers' | 'blocks' | 'transactions' | 'peers'

/** What is published, and from where on. */
export interface PublishOptions {
  /**
   * The height of the first header and block, where the sink is empty. One that is not goes on after what it
   * has last.
   */
  readonly from: number
  /** Default: all. */
  readonly kinds?: readonly PublishKind[]
  /**
   * Bytes of transactions and peers' events that are held while the sink does not take them; the oldest are
   * left out beyond, and that is said. Default: 16,000,000. The chain is not held: it is read again.
   */
  readonly maxHeldBytes?: number
  /** Milliseconds until a sink that has failed is tried again. Default: 1,000. */
  readonly retryPause?: number
  /** Milliseconds that the sink may take to acknowledge what it is given. Default: 30,000. */
  readonly ackTimeout?: number
}

/** Where publishing stands. */
export interface PublishInfo {
  /** `stalled`: the sink has failed, and is tried again and again. `ended`: no more is published. */
  readonly state: 'opening' | 'publishing' | 'stalled' | 'ended'
  /** Of the last message that is acknowledged. */
  readonly sequence: number
  readonly position: Position
  /** What waits to be acknowledged, but for the chain: records and bytes. */
  readonly heldRecords: number
  readonly heldBytes: number
  /** Records that were left out so far. */
  readonly dropped: number
  /** Why it is stalled, or has ended by itself. */
  readonly error?: Error
}

/** What publishing tells of itself. */
export type PublishEvent = { readonly at: WallTime } & (
  | { readonly type: 'publishing'; readonly sequence: number }
  | { readonly type: 'stalled'; readonly error: Error }
  /** The first record is left out since the sink last took some. */
  | { readonly type: 'dropping' }
  /** By `close`, where there is no error. */
  | { readonly type: 'ended'; readonly error?: Error }
)

/** Collectors that publishing feeds; `prom-client`'s fit. */
export interface PublishMetrics {
  /** Labels: `kind`. Records that are acknowledged. */
  readonly published?: CounterCollector
  /** No labels. Records that were left out. */
  readonly dropped?: CounterCollector
  /** No labels. Bytes that wait to be acknowledged, but for the chain. */
  readonly heldBytes?: GaugeCollector
  /** No labels. 1 while the sink has failed, else 0. */
  readonly stalled?: GaugeCollector
}

/** What publishing works with. */
export interface PublishComponents {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  readonly metrics?: PublishMetrics
  /** Told of what changes. What it throws is logged. */
  readonly onEvent?: (event: PublishEvent) => void
}

/** Publishing under way. */
export interface Publisher extends AsyncDisposable {
  info(): PublishInfo
  /** Resolves when it has ended, with the error where it ended by itself. Never rejects. */
  readonly ended: Promise<Error | undefined>
  /** Ends it. What the sink has not acknowledged is published by the next, as far as the chain has it. */
  close(): Promise<void>
}
