import { systemClock } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { loopDelayMonitorFor } from './default-loop-delay.node.ts'
import { createLoopDelayMonitor, punctualLoop } from './loop-delay-monitor.ts'

it('tells the worst and the mean of the last minute', () => {
  const histogram = { mean: Number.NaN, max: 0, reset: () => undefined, disable: () => true }
  const monitor = createLoopDelayMonitor(histogram, 20)
  expect(monitor.read()).toEqual({ mean: 0, max: 0 })
  histogram.mean = 30e6
  histogram.max = 520e6
  monitor.sample()
  histogram.mean = 20e6
  histogram.max = 21e6
  expect(monitor.read()).toEqual({ mean: 5, max: 500 })
  for (let second = 0; second < 60; second++) monitor.sample()
  expect(monitor.read()).toEqual({ mean: 0, max: 1 })
})

it('sees the event loop of this process held up', async () => {
  const monitor = loopDelayMonitorFor(systemClock)
  try {
    await new Promise((resolve) => setTimeout(resolve, 30))
    const until = performance.now() + 80
    while (performance.now() < until) continue
    await expect.poll(() => monitor.read().max, { interval: 5 }).toBeGreaterThan(50)
  } finally {
    monitor.stop()
  }
  expect(loopDelayMonitorFor(createVirtualClock())).toBe(punctualLoop)
})
