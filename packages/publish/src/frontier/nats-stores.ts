import type { Consumer, JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { DUPLICATE_WINDOW } from '../nats/duplicate-window.ts'

/** Milliseconds between two attempts to reach a server that has gone. */
const RECONNECT_PAUSE = 100
/** Nanoseconds, in which JetStream counts, in a millisecond. */
const NANOSECONDS_PER_MILLISECOND = 1_000_000
/** Bytes of what is kept of one address, or of a message, at most. */
const MAX_RECORD = 4_096

/** Where the parts of one crawl are on the server. */
export interface NatsStores {
  readonly connection: NatsConnection
  readonly jetStream: JetStreamClient
  readonly manager: JetStreamManager
  /** The queue's stream, and what is sent to it. */
  readonly stream: string
  readonly subject: string
  readonly consumer: Consumer
  /** Address to what is known of it; and the round. */
  readonly nodes: KV
  /** Hosts that are being visited, or rest: each entry goes by itself when its deadline has passed. */
  readonly hosts: KV
  /** Milliseconds that a visit may take: that of whoever made the queue, for all workers. */
  readonly deadline: number
}

/** What is asked of the server. */
export interface NatsStoresOptions {
  readonly servers: string | readonly string[]
  readonly name: string
  readonly deadline: number
}

/** Connects, and makes of the crawl's parts what is not there yet. @throws what the client does. */
export async function openNatsStores({ servers, name, deadline }: NatsStoresOptions): Promise<NatsStores> {
  const [{ connect }, jetStreamModule, { Kvm }] = await loadNats()
  const { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } = jetStreamModule
  const connection = await connect({
    servers: typeof servers === 'string' ? servers : [...servers],
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_PAUSE,
    name: `sapwood crawl ${name}`,
  })
  try {
    const manager = await jetstreamManager(connection)
    const jetStream = jetstream(connection)
    const subject = `${name}.visit`
    await manager.streams.add({
      name,
      subjects: [subject],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      max_msg_size: MAX_RECORD,
      duplicate_window: DUPLICATE_WINDOW * NANOSECONDS_PER_MILLISECOND,
    })
    const wanted = { durable_name: 'workers', ack_policy: AckPolicy.Explicit }
    const info = await manager.consumers.info(name, wanted.durable_name).catch(() =>
      manager.consumers.add(name, {
        ...wanted,
        ack_wait: deadline * NANOSECONDS_PER_MILLISECOND,
        max_ack_pending: -1,
      }),
    )
    const agreed =
      (info.config.ack_wait ?? deadline * NANOSECONDS_PER_MILLISECOND) / NANOSECONDS_PER_MILLISECOND
    const kvm = new Kvm(connection)
    const bucket = { history: 1, maxValueSize: MAX_RECORD, storage: StorageType.File }
    const nodes = await kvm.create(`${name}-nodes`, bucket)
    const hosts = await kvm.create(`${name}-hosts`, { ...bucket, ttl: agreed })
    const consumer = await jetStream.consumers.get(name, wanted.durable_name)
    return { connection, jetStream, manager, stream: name, subject, consumer, nodes, hosts, deadline: agreed }
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Optional: who crawls in one process does without. */
function loadNats(): Promise<
  [
    typeof import('@nats-io/transport-node'),
    typeof import('@nats-io/jetstream'),
    typeof import('@nats-io/kv'),
  ]
> {
  return Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream'), import('@nats-io/kv')])
}
