import { type LoopDelayMonitor, punctualLoop } from '../metrics/loop-delay.ts'

/** A browser tells nobody how late its event loop is. */
export function loopDelayMonitorFor(): LoopDelayMonitor {
  return punctualLoop
}
