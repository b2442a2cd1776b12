import { type LoopDelayMonitor, punctualLoop } from './loop-delay-monitor.ts'

/** A browser tells nobody how late its event loop is. */
export function loopDelayMonitorFor(): LoopDelayMonitor {
  return punctualLoop
}
