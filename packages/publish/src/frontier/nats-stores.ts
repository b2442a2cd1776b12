import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { PublishError } from '../errors/publish-error.ts'
import { connectNats, missingNats } from '../nats/connect-nats.ts'
import { DUPLICATE_WINDOW } from '../nats/duplicate-window.ts'
import { unavailable } from '../nats/server-answer.ts'
import { inNanoseconds } from '../time/in-nanoseconds.ts'
import type { HostStore } from './host-store.ts'
import type { NatsQueueStream } from './nats-queue.ts'

/** Milliseconds between two attempts to reach a server that has gone. */
const RECONNECT_PAUSE = 100
/** What a bucket may be called (NATS, ADR-8), which is more narrow than a stream. */
const BUCKET_NAME = /^[\w-]+$/
/** Bytes of what is kept of one address, or of a message, at most. */
const MAX_RECORD = 4_096

/** Where the parts of one crawl are on the server. */
export interface NatsStores extends NatsQueueStream, HostStore {
  /** Address to what is known of it; and the round. */
  readonly nodes: KV
}

/** What is asked of the server. */
export interface NatsStoresOptions {
  readonly servers: string | readonly string[]
  readonly name: string
  readonly deadline: number
}

/** Connects, and makes of the crawl's parts what is not there yet. @throws PublishError */
export async function openNatsStores(options: NatsStoresOptions): Promise<NatsStores> {
  const { servers, name } = options
  if (!BUCKET_NAME.test(name)) throw new PublishError('invalid-argument', `No name of a crawl: ${name}`)
  const connection = await connectNats(servers, {
    name: `sapwood crawl ${name}`,
    reconnectPause: RECONNECT_PAUSE,
  })
  try {
    return await storesOn(connection, options)
  } catch (error) {
    await connection.close()
    throw unavailable(error)
  }
}

/** @throws what the server says of a part that is gone. */
export async function lookAtStores({ manager, stream, nodes, hosts }: NatsStores): Promise<void> {
  await manager.streams.info(stream)
  await nodes.status()
  await hosts.status()
}

async function storesOn(
  connection: NatsConnection,
  { name, deadline }: NatsStoresOptions,
): Promise<NatsStores> {
  const [{ createInbox, headers, millis }, jetStreamModule, { Kvm }] = await loadNats()
  const { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } = jetStreamModule
  const limit = connection.info?.max_payload ?? 0
  if (limit < MAX_RECORD) {
    throw new PublishError('payload-limit', `The server takes messages of ${limit} bytes at most`, { limit })
  }
  const manager = await jetstreamManager(connection)
  const jetStream = jetstream(connection)
  const subject = `${name}.visit`
  await manager.streams.add({
    name,
    subjects: [subject],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    max_msg_size: MAX_RECORD,
    duplicate_window: inNanoseconds(DUPLICATE_WINDOW),
  })
  const consumer = 'workers'
  const wanted = { durable_name: consumer, ack_policy: AckPolicy.Explicit, max_ack_pending: -1 }
  const info = await manager.consumers
    .info(name, consumer)
    .catch(() => manager.consumers.add(name, { ...wanted, ack_wait: inNanoseconds(deadline) }))
  const wait = info.config.ack_wait ?? inNanoseconds(deadline)
  const agreed = millis(wait)
  const kvm = new Kvm(connection)
  const bucket = { history: 1, maxValueSize: MAX_RECORD, storage: StorageType.File }
  const nodes = await kvm.create(`${name}-nodes`, bucket)
  const bucketOfHosts = `${name}-hosts`
  // Each entry goes by itself when its deadline has passed.
  const hosts = await kvm.create(bucketOfHosts, { ...bucket, ttl: agreed })
  const hostSubject = (key: string): string => `$KV.${bucketOfHosts}.${key}`
  const queue = { jetStream, manager, stream: name, subject, consumer, deadline: agreed }
  const settings = { ...wanted, ack_wait: wait }
  const requests = `$JS.API.CONSUMER.MSG.NEXT.${name}.${consumer}`
  const inbox = (): string => createInbox()
  return {
    connection,
    ...queue,
    settings,
    requests,
    inbox,
    nodes,
    hosts,
    hostSubject,
    headers: () => headers(),
  }
}

/** Optional: who crawls in one process does without. */
async function loadNats(): Promise<
  [
    typeof import('@nats-io/transport-node'),
    typeof import('@nats-io/jetstream'),
    typeof import('@nats-io/kv'),
  ]
> {
  try {
    return await Promise.all([
      import('@nats-io/transport-node'),
      import('@nats-io/jetstream'),
      import('@nats-io/kv'),
    ])
  } catch (cause) {
    throw missingNats(cause)
  }
}
