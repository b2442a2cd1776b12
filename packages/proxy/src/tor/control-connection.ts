/**
 * One connection to Tor's control port (control-spec).
 * https://spec.torproject.org/control-spec/
 * @module
 */

import type { Socket } from 'node:net'
import {
  type CancelTimer,
  type Clock,
  deadlineSignal,
  type Resolver,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import { ProxyError } from '../errors/proxy-error.ts'
import { shownText } from '../errors/shown-text.ts'
import { connectToProxy } from '../socket/connect-to-proxy.ts'
import type { ProxyAddress } from '../socket/proxy-address.ts'
import { type ControlReply, createControlReplyParser } from './control-reply.ts'

/** Durations in milliseconds. */
export interface TorControlTimeouts {
  /** Until the port has taken the connection. Default: 5,000. */
  readonly connect: number
  /** Until a command is answered. Default: 20,000. */
  readonly command: number
}

/** How long Tor's control port has, unless told otherwise. */
export const DEFAULT_TOR_CONTROL_TIMEOUTS: TorControlTimeouts = { connect: 5_000, command: 20_000 }

interface PendingCommand {
  readonly resolve: (reply: ControlReply) => void
  readonly reject: (error: Error) => void
  readonly cancelTimer: CancelTimer
}

/** One connection to a control port: commands are answered in order, events come in between. */
export class ControlConnection {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #timeouts: TorControlTimeouts
  readonly #onEvent: (event: ControlReply) => void
  readonly #parser = createControlReplyParser()
  readonly #pending: PendingCommand[] = []
  #failure: ProxyError | undefined
  #announceEnd: () => void = () => undefined
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#announceEnd = resolve
  })

  private constructor(
    socket: Socket,
    clock: Clock,
    timeouts: TorControlTimeouts,
    onEvent: (event: ControlReply) => void,
  ) {
    this.#socket = socket
    this.#clock = clock
    this.#timeouts = timeouts
    this.#onEvent = onEvent
    socket.on('data', this.#onData)
    socket.on('end', () => this.#fail(new ProxyError('closed', 'Tor ended the control connection')))
    socket.on('close', () => this.#fail(new ProxyError('closed', 'The control connection was closed')))
    socket.on('error', (cause) =>
      this.#fail(new ProxyError('closed', `The control connection broke: ${cause.message}`, { cause })),
    )
  }

  /** @throws ProxyError, or the signal's reason. */
  static async open(
    address: ProxyAddress,
    options: {
      readonly clock: Clock
      readonly resolver: Resolver | undefined
      readonly timeouts: TorControlTimeouts
      readonly signal: AbortSignal
      readonly onEvent: (event: ControlReply) => void
    },
  ): Promise<ControlConnection> {
    const { clock, timeouts } = options
    const limit = timeouts.connect
    const connecting = deadlineSignal(clock, limit, {
      signal: options.signal,
      reason: () =>
        new ProxyError('timeout', `The control port took no connection within ${limit} ms`, {
          step: 'connect',
          limit,
        }),
    })
    try {
      const socket = await connectToProxy(address, options.resolver, { clock, signal: connecting.signal })
      return new ControlConnection(socket, clock, timeouts, options.onEvent)
    } finally {
      connecting.cancel()
    }
  }

  get open(): boolean {
    return this.#failure === undefined
  }

  /**
   * Sends one command and waits for its reply.
   * @param line without its end; it may hold secrets, and is never put into an error.
   * @throws ProxyError `control-refused` with Tor's status and text, `timeout`, `closed`.
   */
  async command(line: string): Promise<ControlReply> {
    if (/[\r\n]/.test(line))
      throw new ProxyError('invalid-options', 'A command is one line', { step: 'command' })
    const name = /^\w*/.exec(line)?.[0] ?? ''
    const reply = await this.#send(line, name)
    if (reply.status >= 200 && reply.status < 300) return reply
    const text = shownText(reply.lines[0] ?? '')
    throw new ProxyError('control-refused', `Tor refused ${name}: ${reply.status} ${text}`, {
      step: 'command',
      reply: reply.status,
      received: text,
      retry: 'no',
    })
  }

  /**
   * Gives something beside the connection the time that a command has.
   * @throws ProxyError `timeout`, or what the task rejects with.
   */
  within<T>(what: string, task: Promise<T>): Promise<T> {
    const limit = this.#timeouts.command
    return withDeadline(this.#clock, limit, () => task, {
      reason: () =>
        new ProxyError('timeout', `${what} took more than ${limit} ms`, { step: 'command', limit }),
    })
  }

  close(): void {
    this.#fail(new ProxyError('closed', 'The control connection was closed by this side'))
  }

  #send(line: string, name: string): Promise<ControlReply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const limit = this.#timeouts.command
      const cancelTimer = this.#clock.setTimer(limit, () => {
        // Its reply could not be told from that of the next command any more: the connection is of no use.
        const message = `Tor did not answer ${name} within ${limit} ms`
        this.#fail(new ProxyError('timeout', message, { step: 'command', limit }))
      })
      this.#pending.push({ resolve, reject, cancelTimer })
      this.#socket.write(`${line}\r\n`)
    })
  }

  readonly #onData = (bytes: Uint8Array): void => {
    try {
      for (const reply of this.#parser.push(bytes)) this.#take(reply)
    } catch (error) {
      this.#fail(error as ProxyError)
    }
  }

  #take(reply: ControlReply): void {
    if (reply.status >= 600) {
      this.#onEvent(reply)
      return
    }
    const pending = this.#pending.shift()
    if (pending === undefined) {
      throw new ProxyError('protocol-violation', 'Tor answered a command that was not sent', {
        step: 'command',
      })
    }
    pending.cancelTimer()
    pending.resolve(reply)
  }

  #fail(failure: ProxyError): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#socket.destroy()
    for (const { reject, cancelTimer } of this.#pending.splice(0)) {
      cancelTimer()
      reject(failure)
    }
    this.#announceEnd()
  }
}
