import type { KeyValueNamespace, KeyValueOperation, KeyValueStore } from '@sapwood/node'
import { WakeUp } from '@sapwood/transport-v1v2/environment'
import { concatBytes } from '@sapwood/wire-codec'
import { aCount, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { PublishError } from '../errors/publish-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { PublishedMessage } from '../records/published-message.ts'
import { headersOf, messageOf } from './message-headers.ts'
import { madeAnew } from './made-anew.ts'
import type { PublishSink, PublishSource, SinkState } from './publish-sink.ts'

/** How much an embedded log keeps. */
export interface EmbeddedLogOptions {
  /** Bytes of payloads that are kept; the oldest messages go first. Default: 256,000,000. */
  readonly keepBytes?: number
  /** Bytes of payload that a message takes. Default: 1,000,000. */
  readonly maxPayload?: number
}

/** A log of messages that needs no server: published to and read in one process. */
export interface EmbeddedLog extends PublishSink, PublishSource {}

const DEFAULT_KEEP_BYTES = 256_000_000
const DEFAULT_MAX_PAYLOAD = 1_000_000
const NAMESPACE = 'published'
const STATE_KEY = 'state'

/** What is there, from the first message to the last; the same batch writes it and the messages. */
interface LogState {
  readonly first: number
  readonly last: number
  /** Of payloads. */
  readonly bytes: number
}

const EMPTY: LogState = { first: 1, last: 0, bytes: 0 }

const embeddedLogOptions = optionsOf<EmbeddedLogOptions>({ keepBytes: aCount, maxPayload: wholeNumber(1) })

/**
 * The sink that needs no server: messages in a store of the node's kind, which are there once `append` has
 * resolved. One at a time may publish to it; any number read.
 * @throws PublishError `invalid-argument`
 */
export function createEmbeddedLog(
  { store }: { readonly store: KeyValueStore },
  options: EmbeddedLogOptions = {},
): EmbeddedLog {
  refuseArgument(embeddedLogOptions, options, 'createEmbeddedLog: options')
  const space = store.namespace(NAMESPACE)
  const { keepBytes = DEFAULT_KEEP_BYTES, maxPayload = DEFAULT_MAX_PAYLOAD } = options
  const appended = new WakeUp()
  let state: LogState | undefined

  const readState = async (): Promise<LogState> => {
    const bytes = await space.get(STATE_KEY)
    return bytes === undefined ? EMPTY : (JSON.parse(new TextDecoder().decode(bytes)) as LogState)
  }

  const at = async (sequence: number): Promise<PublishedMessage | undefined> => {
    const bytes = await space.get(keyOf(sequence))
    return bytes === undefined ? undefined : decode(sequence, bytes)
  }

  const append = async (messages: readonly PublishedMessage[]): Promise<void> => {
    // Read anew: another may have published meanwhile.
    const before = await readState()
    const first = messages[0]
    if (first === undefined) return
    if (first.sequence !== before.last + 1) {
      throw new PublishError('conflict', `Message ${before.last + 1} is what follows`, {
        expected: before.last + 1,
        sequence: first.sequence,
      })
    }
    const operations: KeyValueOperation[] = messages.map((message) => ({
      type: 'put',
      key: keyOf(message.sequence),
      value: encode(message),
    }))
    const added = messages.reduce((sum, { payload }) => sum + payload.length, 0)
    const { dropped, after } = await prune(space, { ...before, bytes: before.bytes + added }, keepBytes)
    const next: LogState = { ...after, last: messages.at(-1)!.sequence }
    const value = new TextEncoder().encode(JSON.stringify(next))
    await space.batch([...operations, ...dropped, { type: 'put', key: STATE_KEY, value }])
    state = next
    appended.ring()
  }

  return {
    at,
    open: async (): Promise<SinkState> => {
      state = await readState()
      if (state.last === 0) return { maxPayload }
      const last = await at(state.last)
      if (last === undefined) throw new PublishError('position-lost', `Message ${state.last} is gone`)
      return { last, maxPayload }
    },
    append: (messages) => inTurn(store, () => append(messages)),
    read: async function* ({ after, signal }) {
      const { last: lastYet } = (state ??= await readState())
      if (lastYet < after) throw madeAnew(after, lastYet)
      for (let next = after + 1; signal?.aborted !== true; ) {
        state ??= await readState()
        // In the turn in which it may begin to wait: what is appended later rings.
        const { first, last }: LogState = state
        next = Math.max(next, first)
        if (next > last) {
          await appended.wait(signal)
          continue
        }
        // What is pruned meanwhile is gone: the reader goes on with the first that is there.
        const message = await at(next)
        if (message !== undefined) yield message
        next += 1
      }
    },
  }
}

/** The last append to each store: it is read and then written, and nobody may write between the two. */
const appends = new WeakMap<KeyValueStore, Promise<unknown>>()

function inTurn(store: KeyValueStore, append: () => Promise<void>): Promise<void> {
  const appended = (appends.get(store) ?? Promise.resolve()).then(append)
  appends.set(
    store,
    appended.catch(() => undefined),
  )
  return appended
}

/** Which of the oldest messages go, so that no more bytes are kept than may be. */
async function prune(
  space: KeyValueNamespace,
  state: LogState,
  keepBytes: number,
): Promise<{ readonly dropped: readonly KeyValueOperation[]; readonly after: LogState }> {
  let { first, bytes } = state
  const dropped: KeyValueOperation[] = []
  for (; bytes > keepBytes && first <= state.last; first++) {
    const key = keyOf(first)
    const value = await space.get(key)
    if (value !== undefined) bytes -= decode(first, value).payload.length
    dropped.push({ type: 'delete', key })
  }
  return { dropped, after: { ...state, first, bytes } }
}

/** So that keys sort as numbers do. */
function keyOf(sequence: number): string {
  return `m${String(sequence).padStart(16, '0')}`
}

const HEAD_END = '\n\n'

/** As text that people can read: the kind, a header in each line, an empty line, and the payload. */
function encode(message: PublishedMessage): Uint8Array {
  const lines = headersOf(message).map(([name, value]) => `${name}: ${value}`)
  return concatBytes(
    new TextEncoder().encode([message.kind, ...lines].join('\n') + HEAD_END),
    message.payload,
  )
}

function decode(sequence: number, bytes: Uint8Array): PublishedMessage {
  const end = bytes.findIndex((byte, index) => byte === 10 && bytes[index + 1] === 10)
  const [kind = '', ...lines] = new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0))).split('\n')
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(': ')
    return [line.slice(0, colon), line.slice(colon + 2)]
  })
  return messageOf(sequence, kind, headers, bytes.subarray(end + HEAD_END.length))
}
