import { startNatsServer } from '../../src/index.ts'
import { networks } from '@sapwood/wire-codec'
import { afterAll, beforeAll } from 'vitest'
import { describeFrontier } from '@sapwood/publish/conformance'

import { type Frontier, openNatsFrontier } from '@sapwood/publish/frontier'

let server: Awaited<ReturnType<typeof startNatsServer>>
let crawls = 0

beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.stop())

describeFrontier('NATS', {
  open: async ({ deadline, hostPause }) => {
    crawls += 1
    const name = `crawl-${crawls}`
    const workers: Frontier[] = []
    const join = async (worker: string): Promise<Frontier> => {
      const options = {
        network: networks.regtest,
        servers: server.address,
        deadline,
        hostPause,
        name,
        worker,
      }
      const frontier = await openNatsFrontier(options)
      workers.push(frontier)
      return frontier
    }
    return {
      frontier: await join('first'),
      join,
      reopen: () => join('again'),
      settled: (waiting) => waiting,
      close: async () => {
        await Promise.all(workers.map((worker) => worker.close()))
      },
    }
  },
})
