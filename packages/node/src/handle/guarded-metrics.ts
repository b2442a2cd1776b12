import { type Logger, tell } from '@sapwood/transport-v1v2/environment'
import type { CounterCollector, GaugeCollector, MetricLabels, NodeMetrics } from './node-metrics.ts'

/**
 * A program's collectors as the node may feed them anywhere: what they throw or reject with is logged,
 * once for each.
 */
export function guardedMetrics(metrics: NodeMetrics, logger: Logger): NodeMetrics {
  const guarded: Record<string, Partial<CounterCollector & GaugeCollector>> = {}
  for (const [name, collector] of Object.entries(metrics) as [string, CounterCollector & GaugeCollector][]) {
    let failed = false
    const onFailure = (error: unknown): void => {
      if (!failed) logger.error({ err: error, metric: name }, 'a metric of the program failed')
      failed = true
    }
    const feed =
      (method: 'inc' | 'set') =>
      (labels: MetricLabels, value?: number): void => {
        const collect = (): unknown =>
          (collector[method] as (labels: MetricLabels, value?: number) => unknown)(labels, value)
        tell(onFailure, collect)
      }
    guarded[name] = { inc: feed('inc'), set: feed('set') }
  }
  return guarded
}
