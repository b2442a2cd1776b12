/**
 * What the node counts, in the text that Prometheus reads.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */

import type { MetricLabels, NodeMetrics } from '@sapwood/node'

/** Each of the node's collectors: what it is called outside, its help, and what it is. */
const METRICS: Readonly<Record<keyof NodeMetrics, MetricFacts>> = {
  connections: ['connections', 'gauge', 'Open connections'],
  dials: ['dials_total', 'counter', 'Dials that ended'],
  disconnects: ['disconnects_total', 'counter', 'Connections that ended'],
  addresses: ['addresses', 'gauge', 'Known addresses'],
  tipHeight: ['tip_height', 'gauge', 'Height of the best header chain'],
  blocksReceived: ['blocks_received_total', 'counter', 'Blocks that arrived and passed their checks'],
  blockBytes: ['block_bytes_total', 'counter', 'Bytes of those blocks'],
  memory: ['memory_bytes', 'gauge', 'Bytes that connections and queues hold'],
  memoryEvictions: ['memory_evictions_total', 'counter', 'Connections let go because memory was short'],
  eventLoopDelay: [
    'event_loop_delay_milliseconds',
    'gauge',
    'How late the event loop was in the last minute',
  ],
  provedHeight: ['proved_height', 'gauge', 'Height up to which blocks are proved'],
  proofs: ['proofs_total', 'counter', 'Proofs of blocks'],
  utreexoPeers: ['utreexo_peers', 'gauge', 'Connected peers that offer proofs'],
  eventsDropped: ['events_dropped_total', 'counter', 'Events that slow subscriptions were not given'],
}

type Kind = 'counter' | 'gauge'

/** What a metric is called outside, what it is, and its help. */
export type MetricFacts = readonly [name: string, kind: Kind, help: string]

/** Values by their labels as text. */
type Series = Map<string, number>

/** The collectors for a node, and the page that shows them. */
interface Metrics {
  readonly collectors: NodeMetrics
  text(): string
}

/** All collectors that a node feeds. The node bounds their labels, and so the number of series. */
export function createMetrics(): Metrics {
  const series = new Map<keyof NodeMetrics, Series>()
  const collectors: Record<string, object> = {}
  for (const name of Object.keys(METRICS) as (keyof NodeMetrics)[]) {
    const values: Series = new Map()
    series.set(name, values)
    collectors[name] =
      METRICS[name][1] === 'gauge'
        ? { set: (labels: MetricLabels, value: number) => values.set(labelText(labels), value) }
        : {
            inc: (labels: MetricLabels, value = 1) => {
              const key = labelText(labels)
              values.set(key, (values.get(key) ?? 0) + value)
            },
          }
  }
  return {
    collectors,
    text: () => [...series].map(([name, values]) => metricText(METRICS[name], values)).join(''),
  }
}

/** One metric with all its values, by what {@link labelText} makes of their labels. */
export function metricText(
  [name, kind, help]: MetricFacts,
  values: Iterable<readonly [labels: string, value: number]>,
): string {
  const full = `sapwood_${name}`
  const lines = [...values].map(([labels, value]) => `${full}${labels} ${value}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${lines.join('')}`
}

/** Labels as they stand behind a name; nothing where there are none. */
export function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replace(/[\\"\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`))}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.sort().join(',')}}`
}
