import { bytesToHex, type PeerAddress } from '@sapwood/wire-codec'
import { loadingOf } from '../crypto/backend-in-force.ts'
import { MINUTE } from '../environment/durations.ts'
import { deadlineSignal, withDeadline } from '../environment/deadline.ts'
import { abortReason } from '../environment/until-aborted.ts'
import {
  isTransportError,
  TransportError,
  type TransportPhase,
  type ConnectAttempt,
  type TransportProtocol,
} from '../errors/transport-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { abortStream } from '../stream/abort-stream.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { createV1Codec } from '../v1/v1-codec.ts'
import type { ConnectOptions } from './connect-options.ts'
import { aConnectOptions, aPeerAddress, someTransportComponents } from './connect-checks.ts'
import { type ResolvedComponents, resolveComponents, type TransportComponents } from './components.ts'
import { coreFallback, type FallbackContext } from './fallback.ts'
import { FramedTransport, type FramedTransportInit } from '../transport/framed-transport.ts'
import { abortWith, createSession, type HandshakeProgress, performHandshake } from './handshake.ts'
import type { Transport } from '../transport/transport.ts'

/** Milliseconds for one attempt, unless told otherwise: a Tor circuit takes up to 20 seconds. */
const DEFAULT_ATTEMPT_TIMEOUT = 30_000

/** Milliseconds for all attempts together, unless told otherwise (Core's `-peertimeout`). */
const DEFAULT_TOTAL_TIMEOUT = MINUTE

/** Bytes of a random isolation key. */
const ISOLATION_KEY_LENGTH = 16

/** A `Transport` that this side opened. */
export interface Connection extends Transport {
  /** Every attempt that was made, the last being the one that succeeded. */
  readonly attempts: readonly ConnectAttempt[]
}

/**
 * Dials a peer and agrees on a transport with it: v2 (BIP324) where the policy says so, v1 where it says so
 * or falls back to it, each time on a new stream from the same dialer under the same isolation key.
 * @throws TransportError with the code of the last attempt's failure, and all `attempts`; `invalid-argument`
 * before anything is dialled; the signal's reason when that aborts.
 */
export async function connect(
  address: PeerAddress,
  options: ConnectOptions,
  components: TransportComponents = {},
): Promise<Connection> {
  refuseArgument(aPeerAddress, address, 'connect: address')
  refuseArgument(aConnectOptions, options, 'connect: options')
  refuseArgument(someTransportComponents, components, 'connect: components')
  const resolved = resolveComponents(components)
  const { clock, logger, random } = resolved
  const { fallback = coreFallback, signal, timeouts = {}, services } = options
  const isolation = options.isolation ?? bytesToHex(random.bytes(ISOLATION_KEY_LENGTH))
  const limit = timeouts.total ?? DEFAULT_TOTAL_TIMEOUT
  const context: FallbackContext = { services }
  const attempts: ConnectAttempt[] = []
  signal?.throwIfAborted()

  const total = deadlineSignal(clock, limit, { signal, reason: () => timeoutError('dial', limit) })
  try {
    let protocol: TransportProtocol | undefined = fallback.first(context)
    for (;;) {
      const run = new Attempt(protocol, { ...options, isolation }, resolved)
      const outcome = await run.make(address, total.signal)
      attempts.push(outcome.attempt)
      if (outcome.init !== undefined) return new OpenedConnection(outcome.init, attempts)
      signal?.throwIfAborted()
      logger.debug({ attempt: outcome.attempt }, 'connection attempt failed')
      protocol = total.signal.aborted ? undefined : fallback.next(attempts, context)
      if (protocol === undefined) throw withAttempts(outcome.error, attempts)
    }
  } finally {
    total.cancel()
  }
}

class OpenedConnection extends FramedTransport implements Connection {
  readonly attempts: readonly ConnectAttempt[]

  constructor(init: FramedTransportInit, attempts: readonly ConnectAttempt[]) {
    super(init)
    this.attempts = attempts
  }
}

type Outcome =
  | { readonly attempt: ConnectAttempt; readonly init: FramedTransportInit; readonly error?: never }
  | { readonly attempt: ConnectAttempt; readonly init?: never; readonly error: TransportError }

/** One try in one protocol, on a stream of its own. */
class Attempt {
  readonly #protocol: TransportProtocol
  readonly #options: ConnectOptions
  readonly #parts: ResolvedComponents
  readonly #progress: HandshakeProgress = { phase: 'dial', bytesSent: 0, bytesReceived: 0 }

  constructor(protocol: TransportProtocol, options: ConnectOptions, components: ResolvedComponents) {
    this.#protocol = protocol
    this.#options = options
    this.#parts = components
  }

  async make(address: PeerAddress, outer: AbortSignal): Promise<Outcome> {
    const { clock } = this.#parts
    const limit = this.#options.timeouts?.attempt ?? DEFAULT_ATTEMPT_TIMEOUT
    const started = clock.now()
    const milliseconds = (): number => clock.now() - started
    try {
      const init = await withDeadline(clock, limit, (signal) => this.#run(address, signal), {
        signal: outer,
        reason: () => timeoutError(this.#progress.phase, limit),
      })
      return { attempt: this.#describe(milliseconds()), init }
    } catch (cause) {
      const error = this.#typed(cause)
      return { attempt: this.#describe(milliseconds(), error), error }
    }
  }

  async #run(address: PeerAddress, signal: AbortSignal): Promise<FramedTransportInit> {
    const { dialer, isolation } = this.#options
    const stream = await dialer.dial(address, { signal, isolation })
    const release = abortWith(stream, signal)
    try {
      signal.throwIfAborted()
      return this.#protocol === 'v1' ? this.#openV1(stream) : await this.#openV2(stream)
    } catch (error) {
      abortStream(stream, error instanceof Error ? error : abortReason(signal))
      throw error
    } finally {
      release()
    }
  }

  #openV1(stream: ByteStream): FramedTransportInit {
    this.#progress.phase = 'application'
    return this.#init(stream, createV1Codec(this.#options.network.magic), 0)
  }

  async #openV2(stream: ByteStream): Promise<FramedTransportInit> {
    const { clock, crypto: backend } = this.#parts
    const loading = loadingOf(backend)
    if (loading !== undefined) await loading
    const started = clock.now()
    const session = createSession('initiator', this.#options.network, this.#options, this.#parts)
    try {
      const early = await performHandshake(session, stream, this.#progress, this.#options.memory)
      return {
        ...this.#init(stream, session, clock.now() - started),
        sessionId: session.sessionId,
        early,
      }
    } catch (error) {
      session.wipe()
      throw error
    }
  }

  #init(
    stream: ByteStream,
    codec: FramedTransportInit['codec'],
    handshakeMilliseconds: number,
  ): FramedTransportInit {
    return {
      protocol: this.#protocol,
      stream,
      codec,
      clock: this.#parts.clock,
      handshakeBytesSent: this.#progress.bytesSent,
      handshakeBytesReceived: this.#progress.bytesReceived,
      handshakeMilliseconds,
      highWaterMark: this.#options.highWaterMark,
      sendTimeout: this.#options.sendTimeout,
      memory: this.#options.memory,
      scheduler: this.#parts.scheduler,
    }
  }

  #describe(milliseconds: number, error?: TransportError): ConnectAttempt {
    const attempt = { protocol: this.#protocol, ...this.#progress, milliseconds }
    return error === undefined ? attempt : { ...attempt, error }
  }

  #typed(cause: unknown): TransportError {
    if (isTransportError(cause)) return cause
    const { phase } = this.#progress
    const message = cause instanceof Error ? cause.message : 'no reason given'
    return phase === 'dial'
      ? new TransportError('dial-failed', `The address could not be reached: ${message}`, { phase, cause })
      : new TransportError('stream-failed', `The connection broke: ${message}`, { phase, cause })
  }
}

function timeoutError(phase: TransportPhase, limit: number): TransportError {
  return new TransportError('timeout', `No transport within ${limit} ms`, { phase, limit })
}

/** The last attempt's error, with all attempts beside it. */
function withAttempts(error: TransportError, attempts: readonly ConnectAttempt[]): TransportError {
  const { code, message, phase, expected, received, limit, cause } = error
  return new TransportError(code, message, { phase, expected, received, limit, cause, attempts })
}
