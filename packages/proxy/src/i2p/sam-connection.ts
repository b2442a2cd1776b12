/**
 * One connection to an I2P router (SAM 3).
 * https://geti2p.net/en/docs/api/samv3
 * @module
 */

import type { Socket } from 'node:net'
import type { ByteStream } from '@sapwood/transport-v1v2'
import {
  abortReason,
  addAbortListener,
  type Clock,
  deadlineSignal,
  MINUTE,
  removeAbortListener,
  type Resolver,
} from '@sapwood/transport-v1v2/environment'
import { tcpStream } from '@sapwood/transport-v1v2/tcp'
import { ProxyError, type ProxyErrorCode, type ProxyStep, type RetryAdvice } from '../errors/proxy-error.ts'
import { shownText } from '../errors/shown-text.ts'
import { parseKeyValues } from '../socket/key-values.ts'
import { createLineBuffer } from '../socket/line-buffer.ts'
import { connectToProxy } from '../socket/connect-to-proxy.ts'
import type { ProxyAddress } from '../socket/proxy-address.ts'

/** Bytes in a line of SAM (Core's `MAX_MSG_SIZE`). */
const MAX_SAM_LINE_LENGTH = 65_536

/** Durations in milliseconds. */
export interface SamTimeouts {
  /** Until the bridge has taken a connection. Default: 5,000. */
  readonly connect: number
  /** Until it has answered HELLO or DEST GENERATE. Default: 20,000. */
  readonly hello: number
  /**
   * Until a session is made: the router builds its tunnels first. Default:
   * 180,000 (Core waits 3 minutes for anything).
   */
  readonly session: number
  /** Until a name is looked up. Default: 60,000. */
  readonly naming: number
  /** Until a stream is connected. Default: 120,000. */
  readonly stream: number
}

/** How long the SAM bridge has for each step, unless told otherwise. */
export const DEFAULT_SAM_TIMEOUTS: SamTimeouts = {
  connect: 5_000,
  hello: 20_000,
  session: 180_000,
  naming: MINUTE,
  stream: 120_000,
}

/** Where and how SAM is spoken. */
export interface SamEnvironment {
  readonly sam: ProxyAddress
  readonly timeouts: SamTimeouts
  readonly clock: Clock
  readonly resolver: Resolver | undefined
}

/** One connection to a SAM bridge: a session's control socket, or a stream once it is connected. */
export class SamConnection {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #buffer = createLineBuffer(MAX_SAM_LINE_LENGTH)
  #failure: ProxyError | undefined
  #taken = false
  #deaf = false
  #wake: () => void = () => undefined
  readonly #endListeners = new Set<() => void>()

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onEnd)
    socket.on('error', this.#onError)
  }

  /** Connects and says HELLO. @throws ProxyError, or the signal's reason. */
  static async open(environment: SamEnvironment, signal: AbortSignal): Promise<SamConnection> {
    const { sam, timeouts, clock, resolver } = environment
    const limit = timeouts.connect
    const connecting = deadlineSignal(clock, limit, {
      signal,
      reason: () => timeoutError('connect', limit),
    })
    try {
      const socket = await connectToProxy(sam, resolver, { clock, signal: connecting.signal })
      const connection = new SamConnection(socket, clock)
      try {
        await connection.ask('HELLO VERSION MIN=3.1 MAX=3.1', 'HELLO REPLY', 'hello', timeouts.hello, signal)
      } catch (error) {
        connection.close()
        throw error
      }
      return connection
    } finally {
      connecting.cancel()
    }
  }

  get open(): boolean {
    return this.#failure === undefined
  }

  /**
   * Calls back once, when the connection has ended for whatever reason, at once where it has already. Not a
   * promise: one would hold all that ever waited for a session that lives for months.
   * @returns what takes the listener off.
   */
  onEnd(listener: () => void): () => void {
    if (this.#failure === undefined) this.#endListeners.add(listener)
    else listener()
    return () => void this.#endListeners.delete(listener)
  }

  /**
   * Drops whatever else comes: nobody reads from a session's control socket,
   * and what it sends must not pile up.
   */
  stopReading(): void {
    this.#deaf = true
    this.#buffer.takeRest()
  }

  /**
   * Sends a line and waits for its answer.
   * @param line may hold a private key, and is never put into an error.
   * @returns the fields of the answer.
   * @throws ProxyError with the meaning of its RESULT, `timeout`, `closed`, `protocol-violation`; or the
   * signal's reason.
   */
  async ask(
    line: string,
    answer: string,
    step: ProxyStep,
    limit: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    this.#socket.write(`${line}\n`)
    const received = await this.readLine(step, limit, signal)
    if (received !== answer && !received.startsWith(`${answer} `)) {
      const word = received
        .slice(0, MAX_QUOTED)
        .replace(/[^\x20-\x7e]/g, '?')
        .split(' ', 2)
        .join(' ')
      throw this.#fail(
        new ProxyError('protocol-violation', `The SAM bridge answered at ${step} with ${word}`, {
          step,
          expected: answer,
          received: word,
        }),
      )
    }
    const fields = parseKeyValues(received.slice(answer.length))
    const result = fields.get('RESULT') ?? 'OK'
    if (result !== 'OK') throw resultError(result, fields.get('MESSAGE'), step)
    return fields
  }

  /** The next line. @param limit milliseconds; undefined waits for ever. */
  async readLine(step: ProxyStep, limit: number | undefined, signal: AbortSignal): Promise<string> {
    const deadline =
      limit === undefined
        ? { signal, cancel: () => undefined }
        : deadlineSignal(this.#clock, limit, { signal, reason: () => timeoutError(step, limit) })
    const onAbort = (): void => this.#wake()
    addAbortListener(deadline.signal, onAbort)
    try {
      for (;;) {
        if (deadline.signal.aborted) {
          this.close()
          throw abortReason(deadline.signal)
        }
        const line = this.#nextLine(step)
        if (line !== undefined) return line
        if (this.#failure !== undefined) throw atStep(this.#failure, step)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      removeAbortListener(deadline.signal, onAbort)
      deadline.cancel()
    }
  }

  /**
   * Hands the connection over as the stream that it has become.
   * @param onEnd called when the stream's socket is gone.
   */
  takeStream(onEnd: () => void = () => undefined): ByteStream {
    this.#taken = true
    this.#release()
    this.#socket.pause()
    this.#socket.once('close', onEnd)
    const stream = tcpStream(this.#socket, { head: this.#buffer.takeRest() })
    if (this.#socket.destroyed) onEnd()
    return stream
  }

  /** Ends it; does nothing once the stream has been taken. */
  close(): void {
    if (this.#taken) return
    this.#fail(new ProxyError('closed', 'The connection to the SAM bridge was closed by this side'))
  }

  #nextLine(step: ProxyStep): string | undefined {
    try {
      return this.#buffer.nextLine()
    } catch {
      throw this.#fail(
        new ProxyError(
          'protocol-violation',
          `The SAM bridge sent a line of more than ${MAX_SAM_LINE_LENGTH} bytes`,
          {
            step,
            limit: MAX_SAM_LINE_LENGTH,
          },
        ),
      )
    }
  }

  readonly #onData = (bytes: Uint8Array): void => {
    if (this.#deaf) return
    this.#buffer.push(bytes)
    this.#wake()
  }

  readonly #onEnd = (): void => {
    this.#fail(new ProxyError('closed', 'The SAM bridge ended the connection'))
  }

  readonly #onError = (cause: Error): void => {
    this.#fail(
      new ProxyError('closed', `The connection to the SAM bridge broke: ${cause.message}`, { cause }),
    )
  }

  #fail(failure: ProxyError): ProxyError {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = failure
    this.#socket.destroy()
    this.#wake()
    for (const listener of this.#endListeners) listener()
    this.#endListeners.clear()
    return failure
  }

  #release(): void {
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onEnd)
    this.#socket.off('error', this.#onError)
  }
}

/** Characters of an unexpected answer that an error shows. */
const MAX_QUOTED = 64

/** RESULT values of SAM 3.1, other than OK. */
const RESULTS: ReadonlyMap<string, readonly [ProxyErrorCode, RetryAdvice]> = new Map<
  string,
  readonly [ProxyErrorCode, RetryAdvice]
>([
  ['CANT_REACH_PEER', ['i2p-peer-unreachable', 'later']],
  ['PEER_NOT_FOUND', ['i2p-peer-unreachable', 'later']],
  ['KEY_NOT_FOUND', ['i2p-key-not-found', 'later']],
  ['INVALID_KEY', ['i2p-invalid-key', 'no']],
  ['TIMEOUT', ['i2p-timeout', 'later']],
  ['DUPLICATED_DEST', ['i2p-duplicated-destination', 'later']],
  ['NOVERSION', ['sam-refused', 'no']],
])

function resultError(result: string, message: string | undefined, step: ProxyStep): ProxyError {
  const [code, retry] = RESULTS.get(result) ?? ['sam-refused', 'later']
  const received = shownText(result)
  const text = message === undefined ? received : `${received}, ${shownText(message)}`
  return new ProxyError(code, `The SAM bridge refused at ${step}: ${text}`, { step, received, retry })
}

function timeoutError(step: ProxyStep, limit: number): ProxyError {
  return new ProxyError('timeout', `The SAM bridge did not answer at ${step} within ${limit} ms`, {
    step,
    limit,
  })
}

function atStep(failure: ProxyError, step: ProxyStep): ProxyError {
  return new ProxyError(failure.code, failure.message, {
    step,
    ...(failure.cause !== undefined && { cause: failure.cause }),
  })
}
