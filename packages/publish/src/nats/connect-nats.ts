import { PublishError } from '../errors/publish-error.ts'
import { namedServers } from './named-servers.ts'

/** How a connection presents itself, and how it comes back. */
export interface ConnectNatsOptions {
  /** What the server lists it as. Default: nothing. */
  readonly name?: string
  /** Milliseconds between two attempts to reach a server that has gone. Default: 1,000. */
  readonly reconnectPause?: number
}

const RECONNECT_PAUSE = 1_000

/**
 * Connects to a NATS server, and keeps connecting to it: whoever publishes goes on while it is gone.
 * @param servers `host:port`, or several of them; with `user:password@` or `token@` before it, and `nats://`
 * before that, where there is any; or `tls://`, with which nothing is said to a server without TLS.
 * @throws PublishError `missing-package` without `@nats-io/transport-node`; `unavailable` where it is not a
 * NATS server, or refuses us; `invalid-argument` for an address of another kind.
 */
export async function connectNats(
  servers: string | readonly string[],
  { name, reconnectPause = RECONNECT_PAUSE }: ConnectNatsOptions = {},
): Promise<import('@nats-io/transport-node').NatsConnection> {
  const { connect } = await import('@nats-io/transport-node').catch((cause: unknown) => {
    throw missingNats(cause)
  })
  const named = namedServers(typeof servers === 'string' ? [servers] : servers)
  try {
    return await connect({
      ...named,
      maxReconnectAttempts: -1,
      // Else each request makes two errors beforehand, for where it was made: a twentieth of a crawl's time.
      noAsyncTraces: true,
      reconnectTimeWait: reconnectPause,
      ...(name !== undefined && { name }),
    })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('unavailable', `No NATS server at ${named.servers.join(', ')}: ${why}`, { cause })
  }
}

/** What is said where one of the client's packages, which are optional, is not there. */
export function missingNats(cause: unknown): PublishError {
  const message =
    'NATS needs its packages: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv'
  return new PublishError('missing-package', message, { cause })
}
