import { jetstreamManager } from '@nats-io/jetstream'
import { createJetStreamSink, connectNats } from '@sapwood/publish/nats'
import { type Frontier, openNatsFrontier } from '@sapwood/publish/frontier'
import { networks, type PeerAddress, parsePeerAddress } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { type NatsServer, startNatsServer } from '../../src/index.ts'

const NAME = 'crawl-regtest'

function joined(server: NatsServer): Promise<Frontier> {
  return openNatsFrontier({ network: networks.regtest, servers: server.address, worker: 'first' })
}

function address(index: number): PeerAddress {
  return parsePeerAddress(`127.1.${index >> 8}.${index & 255}:18444`, { defaultPort: 0 })
}

async function deleteStream(server: NatsServer, name: string): Promise<void> {
  const connection = await connectNats(server.address)
  await (await jetstreamManager(connection)).streams.delete(name)
  await connection.close()
}

const IS_GONE = {
  name: 'PublishError',
  code: 'unavailable',
  message: expect.stringContaining('not found') as string,
}

it('says of a frontier whose queue was deleted that it is gone, in every method', async () => {
  await using server = await startNatsServer()
  await using frontier = await joined(server)
  await deleteStream(server, NAME)
  await expect(frontier.claim(1, new AbortController().signal)).rejects.toMatchObject(IS_GONE)
  await expect(frontier.add([address(2)])).rejects.toMatchObject(IS_GONE)
  await expect(frontier.counts()).rejects.toMatchObject(IS_GONE)
  await expect(frontier.beginRound({ after: 0 })).rejects.toMatchObject(IS_GONE)
})

it('says of a frontier whose bucket was deleted that it is gone, to a worker that waits', async () => {
  await using server = await startNatsServer()
  await using frontier = await joined(server)
  await frontier.add([address(1)])
  await deleteStream(server, `KV_${NAME}-nodes`)
  await expect(frontier.claim(1, new AbortController().signal)).rejects.toMatchObject(IS_GONE)
})

it('tells all of a snapshot, though the server is killed meanwhile', async () => {
  await using server = await startNatsServer()
  await using frontier = await joined(server)
  const all = Array.from({ length: 500 }, (_, index) => address(index))
  await frontier.add(all)
  let told = 0
  for await (const node of frontier.snapshot()) {
    expect(node.round).toBe(0)
    told += 1
    if (told > 1) continue
    await server.kill()
    await server.start()
  }
  expect(told).toBe(all.length)
})

it('ends reading a stream that is deleted meanwhile, and does not go on in one that was made anew', async () => {
  await using server = await startNatsServer()
  const connection = await connectNats(server.address)
  const source = createJetStreamSink({ connection }, { stream: 'read', prefix: 'read' })
  await source.open()
  const manager = await jetstreamManager(connection)
  const reading = source.read({ after: 0 })[Symbol.asyncIterator]()
  const next = reading.next()
  // When its request is at the server.
  while ((await manager.consumers.list('read').next())[0]?.num_waiting !== 1) continue
  await manager.streams.delete('read')
  await expect(next).rejects.toMatchObject(IS_GONE)
  await source.open()
  await expect(source.read({ after: 5 })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'gap',
  })
  await connection.close()
})

it('gives its credentials, and shows them to nobody', async () => {
  await using server = await startNatsServer({
    configuration: 'authorization { user: crawler, password: "s3cr@t" }\n',
  })
  const connection = await connectNats(`nats://crawler:s3cr%40t@${server.address}`)
  await connection.close()
  const refused = connectNats(`crawler:wr0ng@${server.address}`)
  await expect(refused).rejects.toMatchObject({
    code: 'unavailable',
    message: `No NATS server at ${server.address}: Authorization Violation`,
  })
})

it('refuses a server whose messages are too small for what is kept of an address', async () => {
  await using server = await startNatsServer({ maxPayload: 1_000 })
  await expect(joined(server)).rejects.toMatchObject({ code: 'payload-limit', limit: 1_000 })
})

it('says that it waits where the disk of the server is full, and leaves when it is closed', async () => {
  await using server = await startNatsServer({ configuration: 'jetstream { max_file_store: 100KB }\n' })
  let tell: (error: unknown) => void = () => undefined
  const trouble = new Promise<unknown>((resolve) => {
    tell = resolve
  })
  const options = { network: networks.regtest, servers: server.address, worker: 'first' }
  await using frontier = await openNatsFrontier(options, { onTrouble: (error) => tell(error) })
  const adding = frontier.add(Array.from({ length: 3_000 }, (_, index) => address(index)))
  adding.catch(() => undefined)
  expect(await trouble).toMatchObject({ message: 'insufficient resources' })
  await frontier.close()
  await expect(adding).rejects.toMatchObject({ code: 'unavailable' })
})
