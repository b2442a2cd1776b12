/** How late the event loop was, in milliseconds. */
export interface LoopDelay {
  /** On average over the last minute. */
  readonly mean: number
  /** At worst in the last minute. */
  readonly max: number
}

/** Watches how late the event loop is. */
export interface LoopDelayMonitor {
  /** To be called every second or so: closes one span, and begins the next. */
  sample(): void
  read(): LoopDelay
  stop(): void
}

/** For a clock that is not the system's: its event loop is never late. */
export const punctualLoop: LoopDelayMonitor = {
  sample: () => undefined,
  read: () => ({ mean: 0, max: 0 }),
  stop: () => undefined,
}

/**
 * What watches the event loop between two samples, in nanoseconds; `monitorEventLoopDelay` of Node.js fits.
 */
export interface DelayHistogram {
  readonly mean: number
  readonly max: number
  reset(): void
  disable(): unknown
}

/** Samples kept. */
const SPANS = 60
const NANOSECONDS = 1e6

/**
 * @param resolution Milliseconds between two looks of the histogram, which counts them as delay.
 */
export function createLoopDelayMonitor(histogram: DelayHistogram, resolution: number): LoopDelayMonitor {
  const spans: LoopDelay[] = []
  const delay = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS - resolution) : 0
  const now = (): LoopDelay => ({ mean: delay(histogram.mean), max: delay(histogram.max) })
  return {
    sample: () => {
      spans.push(now())
      if (spans.length > SPANS) spans.shift()
      histogram.reset()
    },
    read: () => {
      const all = [...spans, now()]
      const mean = all.reduce((sum, span) => sum + span.mean, 0) / all.length
      return { mean, max: Math.max(...all.map(({ max }) => max)) }
    },
    stop: () => void histogram.disable(),
  }
}
