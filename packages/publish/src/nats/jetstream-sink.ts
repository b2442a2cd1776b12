import {
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { headers as natsHeaders, type MsgHdrs, nanos, type NatsConnection } from '@nats-io/transport-node'
import { isPublishError, PublishError } from '../errors/publish-error.ts'
import { type PublishedMessage, RECORD_KINDS } from '../records/published-message.ts'
import { headersOf, MAX_HEADERS_BYTES, messageOf } from '../sinks/message-headers.ts'
import { madeAnew } from '../sinks/made-anew.ts'
import type { PublishSink, PublishSource, SinkState } from '../sinks/publish-sink.ts'
import { DUPLICATE_WINDOW } from './duplicate-window.ts'
import { lostStream } from './lost-stream.ts'
import {
  answerCode,
  isWrongSequence,
  MESSAGE_NOT_FOUND,
  STREAM_NOT_FOUND,
  unavailable,
} from './server-answer.ts'
import { isStreamName, isSubject, matchesSubject } from './subject-pattern.ts'

/** Which stream is published to. */
export interface JetStreamSinkOptions {
  /** Its name. Made where it is not there. */
  readonly stream: string
  /** What subjects begin with: `sapwood.main` for `sapwood.main.block`. */
  readonly prefix: string
  /** Bytes that a stream which is made here keeps; the oldest messages go first. Default: no limit. */
  readonly maxBytes?: number
}

/** A stream as it is there. */
interface FoundStream {
  /** The sequence of its last message. */
  readonly last: number
  /** Bytes of a message at most, by its own settings. */
  readonly largest: number
}

/** Payload bytes that a message of a stream has to take at least. */
const MIN_PAYLOAD = 1_024

/**
 * A JetStream stream as a sink and as a source. It is one publisher's alone: each message has the number that
 * the stream gives it, and is taken only after the one before it, so that none can be there twice or out of
 * order however often it is sent; within two minutes the server knows it by its id besides.
 * @throws PublishError `invalid-argument` where a stream cannot have this name, or subjects not this prefix.
 */
export function createJetStreamSink(
  { connection }: { readonly connection: NatsConnection },
  { stream, prefix, maxBytes }: JetStreamSinkOptions,
): PublishSink & PublishSource {
  if (!isStreamName(stream)) throw new PublishError('invalid-argument', `No name of a stream: ${stream}`)
  if (!isSubject(prefix)) throw new PublishError('invalid-argument', `No beginning of a subject: ${prefix}`)
  const js = jetstream(connection)
  let manager: Promise<JetStreamManager> | undefined
  const managed = async (): Promise<JetStreamManager> => {
    manager ??= jetstreamManager(connection)
    // One that could not be made is made again.
    manager.catch(() => (manager = undefined))
    return await manager
  }

  const at = async (sequence: number): Promise<PublishedMessage | undefined> => {
    const found = await read(sequence)
    return found === undefined
      ? undefined
      : messageOf(found.seq, kindOf(found.subject), entriesOf(found.header), found.data)
  }
  const read = (sequence: number) =>
    reached(async () => {
      try {
        const jsm = await managed()
        return (await jsm.streams.getMessage(stream, { seq: sequence })) ?? undefined
      } catch (error) {
        if (answerCode(error) === MESSAGE_NOT_FOUND) return undefined
        throw error
      }
    })
  const kindOf = (subject: string): string =>
    subject.startsWith(`${prefix}.`) ? subject.slice(prefix.length + 1) : subject

  const look = (): Promise<FoundStream> =>
    reached(async () => {
      const jsm = await managed()
      try {
        const { state, config } = await jsm.streams.info(stream)
        const { max_msg_size: largest } = config
        // To what no stream has nobody would answer, as where there is no JetStream.
        const foreign = RECORD_KINDS.map((kind) => `${prefix}.${kind}`).find((each) => !takes(config, each))
        if (foreign !== undefined) {
          throw new PublishError('invalid-argument', `Stream ${stream} does not take ${foreign}`)
        }
        return { last: state.last_seq, largest: largest > 0 ? largest : Infinity }
      } catch (error) {
        if (answerCode(error) !== STREAM_NOT_FOUND) throw error
      }
      await jsm.streams.add({
        name: stream,
        subjects: [`${prefix}.>`],
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        discard: DiscardPolicy.Old,
        duplicate_window: nanos(DUPLICATE_WINDOW),
        ...(maxBytes !== undefined && { max_bytes: maxBytes }),
      })
      return { last: 0, largest: Infinity }
    })

  return {
    at,
    open: async (): Promise<SinkState> => {
      const { last: sequence, largest } = await look()
      const limit = Math.min(connection.info?.max_payload ?? 0, largest)
      const maxPayload = limit - MAX_HEADERS_BYTES
      if (maxPayload < MIN_PAYLOAD) {
        throw new PublishError('payload-limit', `The server takes messages of ${limit} bytes at most`, {
          limit,
        })
      }
      if (sequence === 0) return { maxPayload }
      const last = await at(sequence)
      if (last === undefined) {
        throw new PublishError('position-lost', `Message ${sequence} of ${stream} is gone`, { sequence })
      }
      return { last, maxPayload }
    },
    append: async (messages) => {
      const acknowledgements = messages.map((message, index) => {
        const before = messages[index - 1]
        return js.publish(`${prefix}.${message.kind}`, message.payload, {
          msgID: idOf(message),
          headers: headersFor(message),
          expect: {
            streamName: stream,
            lastSequence: message.sequence - 1,
            // All are on their way at once: none may come to stand behind another publisher's.
            ...(before !== undefined && { lastMsgID: idOf(before) }),
          },
        })
      })
      const settled = await Promise.allSettled(acknowledgements)
      const failed = settled.find((each) => each.status === 'rejected')
      if (failed !== undefined) throw failureOf(failed.reason, messages[0]!.sequence)
      settled.forEach((each, index) => {
        const { sequence } = messages[index]!
        if (each.status !== 'fulfilled' || (each.value.seq === sequence && !each.value.duplicate)) return
        // What came before under this id need not be the same.
        throw new PublishError('conflict', `Message ${sequence} has become ${each.value.seq}`, { sequence })
      })
    },
    read: async function* ({ after, signal }) {
      const last = await reached(async () => (await (await managed()).streams.info(stream)).state.last_seq)
      if (last < after) throw madeAnew(after, last)
      const consumer = await reached(() =>
        js.consumers.get(stream, { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 }),
      )
      const messages = await consumer.consume()
      const stop = (): void => messages.stop()
      signal?.addEventListener('abort', stop)
      let failure: PublishError | undefined
      // The client would look for a stream that is gone for ever.
      const watching = lostStream(messages, async () => {
        await (await managed()).streams.info(stream)
      }).then((error) => {
        failure = error
        stop()
      })
      try {
        for await (const message of messages) {
          const { seq, subject, headers, data } = message
          yield messageOf(seq, kindOf(subject), headers === undefined ? [] : entriesOf(headers), data)
        }
      } finally {
        signal?.removeEventListener('abort', stop)
        stop()
      }
      await watching
      if (failure !== undefined && signal?.aborted !== true) throw failure
    },
  }
}

/** One that mirrors another has no subjects. */
function takes({ subjects }: { readonly subjects?: readonly string[] }, subject: string): boolean {
  return subjects?.some((pattern) => matchesSubject(pattern, subject)) ?? false
}

/** By which the server knows a message that comes twice. */
function idOf({ run, sequence }: PublishedMessage): string {
  return `${run}:${sequence}`
}

function headersFor(message: PublishedMessage): MsgHdrs {
  const all = natsHeaders()
  for (const [name, value] of headersOf(message)) all.set(name, value)
  return all
}

function* entriesOf(headers: MsgHdrs): Generator<readonly [string, string]> {
  for (const name of headers.keys()) yield [name, headers.get(name)]
}

/** What the server or the way to it did, as an error of ours. */
async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failureOf(error)
  }
}

function failureOf(error: unknown, sequence?: number): PublishError {
  if (!isWrongSequence(error) || isPublishError(error)) return unavailable(error)
  const why = error instanceof Error ? error.message : String(error)
  return new PublishError('conflict', why, { ...(sequence !== undefined && { sequence }), cause: error })
}
