import { concatBytes, type Contents, type Network } from '@sapwood/wire-codec'
import { loadingOf } from '../crypto/backend-in-force.ts'
import { MINUTE } from '../environment/durations.ts'
import { type TransportProtocol, TransportError } from '../errors/transport-error.ts'
import type { AcceptOptions } from './accept-options.ts'
import { aByteStream, anAcceptOptions, someTransportComponents } from './connect-checks.ts'
import { resolveComponents, type ResolvedComponents, type TransportComponents } from './components.ts'
import { FramedTransport, type FramedTransportInit } from '../transport/framed-transport.ts'
import { abortWith, createSession, type HandshakeProgress, performHandshake } from './handshake.ts'
import { HandshakeWork } from './handshake-work.ts'
import { streamFailure } from '../transport/stream-failure.ts'
import type { Transport } from '../transport/transport.ts'
import { withDeadline } from '../environment/deadline.ts'
import { abortReason } from '../environment/until-aborted.ts'
import { abortStream } from '../stream/abort-stream.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { createV1Codec } from '../v1/v1-codec.ts'
import { V1Detector } from '../v1/v1-detector.ts'

/** Milliseconds for detection and handshake, unless told otherwise (Core's `-peertimeout`). */
const DEFAULT_ACCEPT_TIMEOUT = MINUTE

/**
 * Answers a remote that connected to us, in the protocol that it speaks: v1 if its first 16 bytes are those
 * of a v1 `version` message, else v2 as the responder of BIP324, which stays silent until then.
 * @throws TransportError, or the signal's reason; the stream is aborted then.
 */
export async function accept(
  stream: ByteStream,
  options: AcceptOptions,
  components: TransportComponents = {},
): Promise<Transport> {
  refuseArgument(aByteStream, stream, 'accept: stream')
  refuseArgument(anAcceptOptions, options, 'accept: options')
  refuseArgument(someTransportComponents, components, 'accept: components')
  const resolved = resolveComponents(components)
  const limit = options.timeout ?? DEFAULT_ACCEPT_TIMEOUT
  const progress: HandshakeProgress = { phase: 'detect', bytesSent: 0, bytesReceived: 0 }
  let release = (): void => undefined
  try {
    return await withDeadline(
      resolved.clock,
      limit,
      (signal) => {
        release = abortWith(stream, signal)
        return answer(stream, options, resolved, progress, signal)
      },
      {
        signal: options.signal,
        reason: () =>
          new TransportError('timeout', `No transport within ${limit} ms`, { phase: progress.phase, limit }),
      },
    )
  } catch (cause) {
    const { signal } = options
    const error = signal?.aborted === true ? abortReason(signal) : streamFailure(cause)
    abortStream(stream, error)
    throw error
  } finally {
    release()
  }
}

async function answer(
  stream: ByteStream,
  options: AcceptOptions,
  components: ResolvedComponents,
  progress: HandshakeProgress,
  signal: AbortSignal,
): Promise<Transport> {
  const started = components.clock.now()
  const { network, protocols = ['v1', 'v2'] } = options
  const { protocol, head } = await detect(stream, network, progress)
  if (!protocols.includes(protocol)) {
    const { phase } = progress
    throw protocol === 'v1'
      ? new TransportError('v1-peer', 'The remote speaks v1, which is not accepted here', { phase })
      : new TransportError('v2-refused', 'The remote does not speak v1, and nothing else is accepted here', {
          phase,
        })
  }

  let codec: FramedTransportInit['codec']
  let sessionId: Uint8Array | undefined
  let early: readonly Contents[]
  if (protocol === 'v1') {
    codec = createV1Codec(network.magic)
    const messages: Contents[] = []
    codec.receive(head, messages)
    early = messages
  } else {
    // Up to here nothing was computed: what a key exchange costs is paid for by all strangers together.
    await options.gate?.enter(signal)
    const { clock, scheduler, crypto: backend } = components
    const loading = loadingOf(backend)
    if (loading !== undefined) await loading
    const work = new HandshakeWork(scheduler.lane('stranger', options.memory), clock, signal)
    const session = work.do(() => createSession('responder', network, options, components))
    try {
      early = await performHandshake(session, stream, progress, options.memory, head, work)
      options.gate?.spent(work.spent)
    } catch (error) {
      session.wipe()
      throw error
    }
    codec = session
    sessionId = session.sessionId
  }
  return new FramedTransport({
    protocol,
    sessionId,
    stream,
    codec,
    clock: components.clock,
    early,
    handshakeBytesSent: progress.bytesSent,
    handshakeBytesReceived: progress.bytesReceived,
    handshakeMilliseconds: components.clock.now() - started,
    highWaterMark: options.highWaterMark,
    sendTimeout: options.sendTimeout,
    memory: options.memory,
    scheduler: components.scheduler,
  })
}

/** Reads until the protocol is known. @returns it, and all bytes read so far. */
async function detect(
  stream: ByteStream,
  network: Network,
  progress: HandshakeProgress,
): Promise<{ readonly protocol: TransportProtocol; readonly head: Uint8Array }> {
  const detector = new V1Detector(network.magic)
  for (;;) {
    const chunk = await stream.read()
    if (chunk === null) {
      throw new TransportError('unexpected-end', 'The remote ended the connection before it spoke', {
        phase: 'detect',
      })
    }
    progress.bytesReceived += chunk.length
    const before = detector.matched
    const protocol = detector.look(chunk)
    if (protocol === 'undecided') continue
    return { protocol, head: before.length === 0 ? chunk : concatBytes(before, chunk) }
  }
}
