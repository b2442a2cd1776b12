import type { KV } from '@nats-io/kv'
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node'

/** Where the hosts are on the server. */
export interface HostStore {
  readonly connection: NatsConnection
  readonly hosts: KV
  /** Of a key of `hosts`: what is said to change its entry. */
  readonly hostSubject: (key: string) => string
  readonly headers: () => MsgHdrs
  /** A subject that nobody else listens to. */
  readonly inbox: () => string
  /** Milliseconds after which an entry of `hosts` goes by itself. */
  readonly deadline: number
}
