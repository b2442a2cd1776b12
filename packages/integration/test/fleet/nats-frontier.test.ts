import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { describeFrontier } from '@sapwood/publish/conformance'
import { type Frontier, openNatsFrontier } from '@sapwood/publish/frontier'
import { networks, parsePeerAddress } from '@sapwood/wire-codec'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startNatsServer } from '../../src/index.ts'

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

it('counts a visit of an address that was queued, and that somebody notes only during the visit', async () => {
  const name = 'crawl-noted-late'
  const options = { network: networks.regtest, servers: server.address, name, hostPause: 0 }
  await using frontier = await openNatsFrontier({ ...options, worker: 'first' })
  await using other = await openNatsFrontier({ ...options, worker: 'second' })
  const address = parsePeerAddress('127.0.0.1:18444', { defaultPort: 0 })
  // The first half of what a worker does that has heard of it.
  const client = await connect({ servers: server.address })
  await jetstream(client).publish(`${name}.visit`, JSON.stringify({ address: '127.0.0.1:18444', round: 1 }))
  await client.close()
  const [claim] = await frontier.claim(1, new AbortController().signal)
  await other.add([address])
  const facts = { transport: 'v2', services: 1n, version: 70_016, userAgent: '/a/', height: 1 } as const
  expect(await claim!.done(facts, [])).toMatchObject({ counted: true })
  const known = []
  for await (const node of frontier.snapshot()) known.push(node)
  expect(known).toMatchObject([{ address, round: 1, reached: true, worker: 'first' }])
})

it('counts an address once that two workers have heard of at the same time', async () => {
  const options = { network: networks.regtest, servers: server.address, name: 'crawl-heard-twice' }
  await using frontier = await openNatsFrontier({ ...options, worker: 'first' })
  await using other = await openNatsFrontier({ ...options, worker: 'second' })
  const heard = Array.from({ length: 50 }, (_, index) =>
    parsePeerAddress(`127.0.1.${index}:18444`, { defaultPort: 0 }),
  )
  const added = await Promise.all([frontier.add(heard), other.add(heard)])
  expect(added[0] + added[1]).toBe(50)
})

it('says in errors of its own that no server is there, or one without JetStream', async () => {
  const options = { network: networks.regtest, worker: 'first' }
  await expect(openNatsFrontier({ ...options, servers: '127.0.0.1:1' })).rejects.toMatchObject({
    name: 'PublishError',
    code: 'unavailable',
    message: expect.stringContaining('127.0.0.1:1') as string,
  })
  await using plain = await startNatsServer({ jetStream: false })
  await expect(openNatsFrontier({ ...options, servers: plain.address })).rejects.toMatchObject({
    name: 'PublishError',
    code: 'unavailable',
  })
})
