import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { crawlWhileWorkersDie } from '../../test/support/killed-workers.ts'

const KINDS = { honest: 99_000, flooding: 500, endless: 500 }
const CONNECTIONS = 512

/** 100,000 simulated nodes, 24 workers of which 8 are killed. @throws Error where one was not found once. */
const bench: Bench = async (emit) => {
  const before = process.cpuUsage()
  const { found, listeners, killed, open } = await crawlWhileWorkersDie(KINDS, CONNECTIONS)
  const { user, system } = process.cpuUsage(before)
  const isOnce = found.size === listeners.reachable && [...found.values()].every((times) => times === 1)
  if (!isOnce || listeners.meetings > 0 || open > 0)
    throw new Error(`${found.size} of ${listeners.reachable} were found, ${listeners.meetings} meetings`)
  const again = [...listeners.dials.values()].filter((times) => times > 1).length
  const facts = { better: 'lower', unit: 'nodes' } as const
  emit(figure({ name: 'simulated: found once', ...facts, ours: found.size }))
  emit(figure({ name: `simulated: dialled again, ${killed} killed`, ...facts, ours: again }))
  const cpu = (user + system) / found.size
  emit(figure({ name: 'simulated: CPU of frontier and crawl', better: 'lower', unit: 'us/node', ours: cpu }))
}

export default bench
