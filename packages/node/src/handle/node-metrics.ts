/** Label values by label name. */
export type MetricLabels = Readonly<Record<string, string>>

/** What only grows: `prom-client`'s `Counter` fits. */
export interface CounterCollector {
  inc(labels: MetricLabels, value?: number): void
}

/** What goes up and down: `prom-client`'s `Gauge` fits. */
export interface GaugeCollector {
  set(labels: MetricLabels, value: number): void
}

/** Collectors that the node feeds; one that is absent is not fed. */
export interface NodeMetrics {
  /** Labels: `kind`, `protocol`. */
  readonly connections?: GaugeCollector
  /** Labels: `kind`, `outcome`. */
  readonly dials?: CounterCollector
  /** Labels: `code`, `kind`. */
  readonly disconnects?: CounterCollector
  /** Labels: `table` (new, tried). */
  readonly addresses?: GaugeCollector
  /** No labels. */
  readonly tipHeight?: GaugeCollector
  /** No labels. */
  readonly blocksReceived?: CounterCollector
  /** No labels. Bytes of those blocks. */
  readonly blockBytes?: CounterCollector
  /** Labels: `purpose`. Bytes that connections and queues hold. */
  readonly memory?: GaugeCollector
  /** No labels. Connections that were let go because memory was short and they held most. */
  readonly memoryEvictions?: CounterCollector
  /** Labels: `of` (mean, max). Milliseconds that the event loop was late in the last minute. */
  readonly eventLoopDelay?: GaugeCollector
  /** No labels. Height up to which blocks are proved (Utreexo). */
  readonly provedHeight?: GaugeCollector
  /** Labels: `outcome` (proved, invalid, late). Proofs of blocks. */
  readonly proofs?: CounterCollector
  /** Labels: `serves` (recent, all). Connected peers that offer proofs. */
  readonly utreexoPeers?: GaugeCollector
  /** No labels. Events that subscriptions which do not keep up were not given. */
  readonly eventsDropped?: CounterCollector
}
