import type { NatsConnection } from '@nats-io/transport-node'

/** Bytes that are sent and not known to have arrived, at most; what comes beyond is left out. */
const MAX_UNCONFIRMED_BYTES = 8_000_000
/** Bytes after which the server is asked whether it has them. */
const CONFIRM_BYTES = 256_000

/** Sends events that nobody waits for. */
export interface EventSender {
  /** Sends one, or leaves it out where the server is gone or does not keep up. Never throws. */
  send(subject: string, event: Uint8Array): void
  readonly sent: number
  /** Events that were left out. */
  readonly dropped: number
}

/**
 * Events over a plain NATS connection, as those of peer-observer are sent: who does not listen misses them.
 * What a server that is gone or slow costs is bounded.
 */
export function createEventSender(connection: NatsConnection): EventSender {
  let isConnected = true
  let sent = 0
  let dropped = 0
  let unconfirmed = 0
  let unasked = 0
  const follow = async (): Promise<void> => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') isConnected = false
      if (type === 'reconnect') isConnected = true
    }
    isConnected = false
  }
  void follow()
  const confirm = (): void => {
    const bytes = unasked
    unasked = 0
    const arrived = (): void => {
      unconfirmed -= bytes
    }
    // What was on its way when a connection ended is not on its way any more.
    connection.flush().then(arrived, arrived)
  }
  return {
    get sent(): number {
      return sent
    },
    get dropped(): number {
      return dropped
    },
    send: (subject, event) => {
      if (!isConnected || connection.isClosed() || unconfirmed + event.length > MAX_UNCONFIRMED_BYTES) {
        dropped += 1
        return
      }
      try {
        connection.publish(subject, event)
      } catch {
        // Larger than the server takes.
        dropped += 1
        return
      }
      sent += 1
      unconfirmed += event.length
      unasked += event.length
      if (unasked >= CONFIRM_BYTES) confirm()
    },
  }
}
