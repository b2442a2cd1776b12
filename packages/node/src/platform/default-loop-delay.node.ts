import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Clock, systemClock } from '@sapwood/transport-v1v2/environment'
import { createLoopDelayMonitor, type LoopDelayMonitor, punctualLoop } from './loop-delay-monitor.ts'

/**
 * Milliseconds between two looks at the event loop: delays that matter here are longer,
 * and a look costs microseconds.
 */
const RESOLUTION = 20

/** What watches the event loop of this process, where the node runs on the system's clock. */
export function loopDelayMonitorFor(clock: Clock): LoopDelayMonitor {
  if (clock !== systemClock) return punctualLoop
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  return createLoopDelayMonitor(histogram, RESOLUTION)
}
