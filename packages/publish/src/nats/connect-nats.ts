import { PublishError } from '../errors/publish-error.ts'

/** Milliseconds between two attempts to reach a server. */
const RECONNECT_PAUSE = 1_000

/**
 * Connects to a NATS server, and keeps connecting to it: whoever publishes goes on while it is gone.
 * @param servers `host:port`, or several of them.
 * @throws PublishError `missing-package` without `@nats-io/transport-node`; `unavailable` where it is not a
 * NATS server, or refuses us.
 */
export async function connectNats(
  servers: string | readonly string[],
): Promise<import('@nats-io/transport-node').NatsConnection> {
  const { connect } = await import('@nats-io/transport-node').catch((cause: unknown) => {
    const message =
      'NATS needs its packages: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv'
    throw new PublishError('missing-package', message, { cause })
  })
  try {
    return await connect({
      servers: typeof servers === 'string' ? servers : [...servers],
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_PAUSE,
    })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('unavailable', `No NATS server at ${String(servers)}: ${why}`, { cause })
  }
}
