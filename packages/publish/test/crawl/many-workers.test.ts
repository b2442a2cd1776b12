import { expect, it } from 'vitest'
import { crawlWhileWorkersDie } from '../support/killed-workers.ts'

const CONNECTIONS = 64

// A hundred thousand are in `bench/fleet/simulated.bench.ts`.
it('finds each of 10,000 nodes once, while a third of the workers are killed and nodes are hostile', async () => {
  const kinds = { honest: 9_900, flooding: 50, endless: 50 }
  const { killed, found, listeners, open } = await crawlWhileWorkersDie(kinds, CONNECTIONS)
  expect(killed).toBe(8)
  expect(found.size).toBe(listeners.reachable)
  expect([...found.values()].every((times) => times === 1)).toBe(true)
  expect(listeners.meetings).toBe(0)
  // Dialled again is only what somebody had who was killed.
  const again = [...listeners.dials.values()].filter((times) => times > 1).length
  expect(again).toBeGreaterThan(0)
  expect(again).toBeLessThanOrEqual(killed * CONNECTIONS)
  expect(open).toBe(0)
})
