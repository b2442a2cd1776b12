import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import type { MemoryAccount } from '../environment/memory-account.ts'
import { abortReason } from '../environment/until-aborted.ts'
import { TransportError, type TransportPhase } from '../errors/transport-error.ts'
import { defaultShortIds, type Network, type Contents } from '@sapwood/wire-codec'
import { abortStream } from '../stream/abort-stream.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { V2Session } from '../v2/v2-session.ts'
import { MAX_GARBAGE_LENGTH } from '../v2/garbage.ts'
import type { ResolvedComponents } from './components.ts'
import type { HandshakeWork } from './handshake-work.ts'
import type { TransportOptions } from './transport-options.ts'

/** How far a connection has come, and what has crossed it. */
export interface HandshakeProgress {
  phase: TransportPhase
  bytesSent: number
  bytesReceived: number
}

export function createSession(
  role: 'initiator' | 'responder',
  network: Network,
  options: TransportOptions,
  { random, crypto: backend, keys }: ResolvedComponents,
): V2Session {
  return new V2Session(
    {
      role,
      magic: network.magic,
      key: keys.next(),
      garbage: random.bytes(options.garbageLength ?? randomGarbageLength(random.bytes(2))),
      shortIds: options.shortIds ?? defaultShortIds,
      decoys: options.handshakeDecoys,
      shaping: options.shaping,
    },
    backend,
    random,
  )
}

/**
 * Most garbage of our own, unless told otherwise: one byte less than BIP324 allows and Core sends at times,
 * since btcd does not find the terminator behind 4,095.
 */
const MAX_OWN_GARBAGE_LENGTH: number = MAX_GARBAGE_LENGTH - 1

/** 0 to 4,094: 12 random bits, of which the largest value counts as one less. */
function randomGarbageLength(bits: Uint8Array): number {
  return Math.min((bits[0]! | (bits[1]! << 8)) & MAX_GARBAGE_LENGTH, MAX_OWN_GARBAGE_LENGTH)
}

/**
 * Carries a v2 handshake to its end. The stream is left as it is when that fails.
 * @param memory counts what is held of a packet that is not whole: a remote may put decoys of 4 MB before its
 * version packet, and take a minute for one of them. Where all that are held are too much, the largest goes.
 * @param head bytes that were read from the stream before, counted already.
 * @param work does each piece of it: in whose turn that is. Default: at once.
 * @returns the messages that arrived together with the end of the handshake.
 */
export async function performHandshake(
  session: V2Session,
  stream: ByteStream,
  progress: HandshakeProgress,
  memory: MemoryAccount | undefined,
  head?: Uint8Array,
  work?: HandshakeWork,
): Promise<readonly Contents[]> {
  const messages: Contents[] = []
  let written = Promise.resolve()
  const flush = (): void => {
    progress.phase = session.phase
    const length = session.outbox.length
    if (length === 0) return
    const parts = session.outbox.take()
    progress.bytesSent += length
    // Not waited for before reading: two sides that both send before they read would wait for ever.
    written = written.then(() => stream.write(parts))
    // A broken stream is reported by the read, or by the wait at the end.
    written.catch(() => undefined)
  }
  /** The most that has been held. */
  let held = 0
  const receive = (chunk: Uint8Array): void => {
    if (work === undefined) session.receive(chunk, messages)
    else work.do(() => session.receive(chunk, messages))
    // Nothing, where it is less than before.
    memory?.hold('handshakes', session.partialBytes - held)
    held = Math.max(held, session.partialBytes)
    flush()
  }

  try {
    session.start()
    flush()
    if (head !== undefined) receive(head)
    while (session.phase !== 'application') {
      const chunk = await stream.read()
      if (chunk === null) {
        throw new TransportError('unexpected-end', 'The remote ended the handshake', {
          phase: progress.phase,
        })
      }
      progress.bytesReceived += chunk.length
      const turn = work?.read(chunk)
      if (turn !== undefined) await turn
      receive(chunk)
    }
    await written
    return messages
  } finally {
    memory?.give('handshakes', held)
  }
}

/** Aborts the stream as soon as the signal is, with its reason. @returns what undoes that. */
export function abortWith(stream: ByteStream, signal: AbortSignal): () => void {
  const onAbort = (): void => abortStream(stream, abortReason(signal))
  if (signal.aborted) onAbort()
  else addAbortListener(signal, onAbort)
  return () => removeAbortListener(signal, onAbort)
}
