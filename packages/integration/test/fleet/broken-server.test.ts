import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { createJetStreamSink, connectNats } from '@sapwood/publish/nats'
import { type Frontier, openNatsFrontier } from '@sapwood/publish/frontier'
import { type Clock, systemClock } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, networks, type PeerAddress, parsePeerAddress } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { type NatsServer, startNatsServer } from '../../src/index.ts'

const NAME = 'crawl-regtest'
/** Milliseconds between two visits of one host: no timer but that has as many. */
const REST = 1_234
const CONSUMER = 'workers'

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

/** Takes the queue's consumer away. */
async function removeConsumer({ address: server }: NatsServer): Promise<void> {
  const connection = await connectNats(server)
  await (await jetstreamManager(connection)).consumers.delete(NAME, CONSUMER)
  await connection.close()
}

/** All that waits is given to somebody who is gone, and does not come back within the deadline. */
async function takeAll({ address: server }: NatsServer): Promise<void> {
  const connection = await connectNats(server)
  const { consumers } = await jetstreamManager(connection)
  const { config, num_pending: waiting } = await consumers.info(NAME, CONSUMER)
  await consumers.delete(NAME, CONSUMER)
  await consumers.add(NAME, { ...config, ack_wait: nanos(600_000) })
  const consumer = await jetstream(connection).consumers.get(NAME, CONSUMER)
  let taken = 0
  for await (const { seq } of await consumer.fetch({ max_messages: waiting })) taken = seq
  expect(taken).toBe(waiting)
  await connection.close()
}

/** Messages that the queue's consumer has given; none where there is no consumer. */
async function given(server: NatsServer): Promise<number> {
  const connection = await connectNats(server.address)
  const { consumers } = await jetstreamManager(connection)
  const info = await consumers.info(NAME, CONSUMER).catch(() => undefined)
  await connection.close()
  return info?.delivered.consumer_seq ?? 0
}

const IS_GONE = {
  name: 'PublishError',
  code: 'unavailable',
  message: expect.stringContaining('not found') as string,
}

// Each has a server of its own, and waits for most of its time: side by side.
it.concurrent('says of a frontier whose queue was deleted that it is gone, in every method', async () => {
  await using server = await startNatsServer()
  await using frontier = await joined(server)
  await deleteStream(server, NAME)
  await expect(frontier.claim(1, new AbortController().signal)).rejects.toMatchObject(IS_GONE)
  await expect(frontier.add([address(2)])).rejects.toMatchObject(IS_GONE)
  await expect(frontier.counts()).rejects.toMatchObject(IS_GONE)
  await expect(frontier.beginRound({ after: 0 })).rejects.toMatchObject(IS_GONE)
})

it.concurrent('says of a frontier whose bucket was deleted that it is gone, to a worker that waits', async () => {
  await using server = await startNatsServer()
  await using frontier = await joined(server)
  await frontier.add([address(1)])
  await deleteStream(server, `KV_${NAME}-nodes`)
  await expect(frontier.claim(1, new AbortController().signal)).rejects.toMatchObject(IS_GONE)
})

it.concurrent('gives all that is in a queue whose server gives it to nobody', async () => {
  await using server = await startNatsServer()
  const options = { network: networks.regtest, servers: server.address, deadline: 1_000, worker: 'first' }
  await using frontier = await openNatsFrontier(options)
  await frontier.add([address(1), address(2)])
  await takeAll(server)
  const claims = [...(await frontier.claim(2, new AbortController().signal))]
  while (claims.length < 2) claims.push(...(await frontier.claim(1, new AbortController().signal)))
  expect(new Set(claims.map((claim) => formatPeerAddress(claim.address))).size).toBe(2)
})

it.concurrent('makes anew a consumer that is gone, and what somebody visits meanwhile counts once', async () => {
  await using server = await startNatsServer()
  await using frontier = await joined(server)
  await using other = await joined(server)
  await frontier.add([address(1)])
  const [claim] = await frontier.claim(1, new AbortController().signal)
  await removeConsumer(server)
  const waiting = other.claim(1, new AbortController().signal)
  // The other has been given it, too, and has found its host taken.
  while ((await given(server)) === 0) continue
  expect(await claim!.failed('refused')).toMatchObject({ counted: true })
  expect(await waiting).toEqual([])
  const known = []
  for await (const node of frontier.snapshot()) known.push(node)
  expect(known).toMatchObject([{ round: 1, failures: 1 }])
})

it.concurrent('has a host again after its pause, though the server was killed before it heard of that', async () => {
  await using server = await startNatsServer()
  let restIsOver = (): void => undefined
  const clock: Clock = {
    now: () => systemClock.now(),
    wallTime: (at) => systemClock.wallTime(at),
    setTimer: (milliseconds, callback, options) => {
      if (milliseconds !== REST) return systemClock.setTimer(milliseconds, callback, options)
      restIsOver = callback
      return () => undefined
    },
  }
  const options = { network: networks.regtest, servers: server.address, deadline: 600_000, hostPause: REST }
  await using frontier = await openNatsFrontier({ ...options, worker: 'first' }, { clock })
  await frontier.add([1, 2].map((port) => ({ ...address(1), port })))
  const [first] = await frontier.claim(1, new AbortController().signal)
  await first!.failed('refused')
  await server.kill()
  restIsOver()
  await server.start()
  const [second] = await frontier.claim(1, new AbortController().signal)
  expect([first, second].map((claim) => claim!.address.port).sort()).toEqual([1, 2])
})

it.concurrent('tells all of a snapshot, though the server is killed meanwhile', async () => {
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

it.concurrent('ends reading a stream that is deleted meanwhile, and does not go on in one that was made anew', async () => {
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

it.concurrent('gives its credentials, and shows them to nobody', async () => {
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

it.concurrent('says nothing to a server without TLS that was to be reached by it', async () => {
  await using server = await startNatsServer({
    configuration: 'authorization { user: crawler, password: secret }\n',
  })
  await expect(connectNats(`tls://crawler:secret@${server.address}`)).rejects.toMatchObject({
    code: 'unavailable',
    message: `No NATS server at tls://${server.address}: server does not support 'tls'`,
  })
})

it.concurrent('refuses a server whose messages are too small for what is kept of an address', async () => {
  await using server = await startNatsServer({ maxPayload: 1_000 })
  await expect(joined(server)).rejects.toMatchObject({ code: 'payload-limit', limit: 1_000 })
})

it.concurrent('says that it waits where the disk of the server is full, and leaves when it is closed', async () => {
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
