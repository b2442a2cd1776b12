import { expect, it } from 'vitest'
import { crawlFleet } from '../../src/fleet/crawl-fleet.ts'
import { startNatsServer } from '../../src/index.ts'

/** Kills of workers, and of the server: a few in every run, thirty of each by SAPWOOD_KILLS=30. */
const KILLS = Number(process.env['SAPWOOD_KILLS'] ?? 1)
const WORKERS = 3
/** Visits between two kills; what is reported of them is one of what listens. */
const BETWEEN = 8
/** Milliseconds of a visit, after which what a killed worker had is another's. */
const DEADLINE = 8_000

it(
  'finds all that listen, each once, though workers and the server are killed',
  async () => {
    await using server = await startNatsServer()
    const listeners = 20 + 2 * KILLS * BETWEEN
    let kills = 0
    let restarting = Promise.resolve()
    const { killed, known } = await crawlFleet({
      plan: { listeners, net: 40 + (process.pid % 20) },
      servers: server.address,
      workers: WORKERS,
      connections: 4,
      deadline: DEADLINE,
      listenerProcesses: 1,
      replacesKilled: true,
      onVisited: (visits, alive) => {
        if (kills === 2 * KILLS || visits < (kills + 1) * BETWEEN) return undefined
        kills += 1
        if (kills % 2 === 1) return alive[0]
        restarting = restarting.then(async () => {
          await server.kill()
          await server.start()
        })
        return undefined
      },
    })
    await restarting
    expect([killed.length, kills]).toEqual([KILLS, 2 * KILLS])
    // Who answers and who does not is compared by the fleet itself.
    expect(known.filter(({ reached }) => reached).length).toBeGreaterThan(listeners * 0.9)
  },
  KILLS * 120_000,
)
