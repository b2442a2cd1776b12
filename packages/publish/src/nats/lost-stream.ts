import type { ConsumerMessages } from '@nats-io/jetstream'
import type { PublishError } from '../errors/publish-error.ts'
import { isRefusal, unavailable } from './server-answer.ts'

/** What a client notices of a stream that may be gone. */
const SIGNS: ReadonlySet<string> = new Set([
  'consumer_deleted',
  'consumer_not_found',
  'stream_not_found',
  'heartbeats_missed',
])

/**
 * Looks after a stream that is read, whenever the client misses something of it.
 * @param look throws what the server says of the stream.
 * @returns what that was, where it has none; undefined when reading has ended otherwise.
 */
export async function lostStream(
  messages: ConsumerMessages,
  look: () => Promise<void>,
): Promise<PublishError | undefined> {
  for await (const { type } of messages.status()) {
    if (!SIGNS.has(type)) continue
    try {
      await look()
    } catch (error) {
      // A server that does not answer is waited for.
      if (isRefusal(error)) return unavailable(error)
    }
  }
  return undefined
}
