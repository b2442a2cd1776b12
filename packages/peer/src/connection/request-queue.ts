import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { createChannel } from '../channel/bounded-channel.ts'
import type { Channel } from '../contract/channel.ts'
import { someRequestOptions } from '../contract/peer-checks.ts'
import { PeerError } from '../contract/peer-error.ts'
import { aRequest } from '../contract/request-checks.ts'
import type { EventEmitter } from './event-emitter.ts'
import type { PeerProtocol } from '../protocol/peer-protocol.ts'
import type { DisconnectReason } from '../contract/disconnect-reason.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import type { NodeRequestOf, ReplyHandle, RequestOptions, RequestType } from '../contract/request-map.ts'
import type { Outgoing } from './outgoing.ts'
import { refusedRequest } from './refused-request.ts'

/** Requests that wait for the connection to take them. */
const MAX_QUEUED_REQUESTS = 1_000

/** What the owner asks of the remote: it waits here until the connection takes it. */
export class RequestQueue {
  readonly #protocol: PeerProtocol
  readonly #outgoing: Outgoing
  readonly #clock: Clock
  readonly #events: EventEmitter
  /** Milliseconds for an answer, where the request does not say. */
  readonly #timeout: number
  readonly #waiting: Channel<PendingRequest>
  #reason: DisconnectReason | undefined

  constructor(
    protocol: PeerProtocol,
    outgoing: Outgoing,
    clock: Clock,
    events: EventEmitter,
    timeout: number,
    capacity: number = MAX_QUEUED_REQUESTS,
  ) {
    this.#protocol = protocol
    this.#outgoing = outgoing
    this.#clock = clock
    this.#events = events
    this.#timeout = timeout
    this.#waiting = createChannel(capacity)
  }

  /** Takes a request. One that cannot be put to the remote ends at once, and its handle says why. */
  add<Type extends RequestType>(request: NodeRequestOf<Type>, options: RequestOptions): ReplyHandle<Type> {
    const { signal, timeout = this.#timeout } = options
    const fault = aRequest(request, 'request') ?? someRequestOptions(options, 'request: options')
    if (fault !== undefined) return refusedRequest(request.type, new PeerError('invalid-argument', fault))
    const pending = this.#protocol.requests.create(request, timeout)
    if (this.#reason !== undefined) pending.disconnected(this.#reason)
    else if (signal?.aborted === true) pending.fail('aborted', signal.reason)
    else if (this.#protocol.kind === 'private-broadcast') {
      pending.fail('refused', new PeerError('invalid-argument', 'a private broadcast asks for nothing'))
    } else if (!this.#waiting.trySend(pending)) {
      const limit = this.#waiting.capacity
      const error = new PeerError('request-queue-full', `${limit} requests wait`, {
        request: request.type,
        limit,
      })
      pending.fail('refused', error)
    } else {
      if (signal !== undefined) withdrawOnAbort(pending, signal)
      this.#events.emit('request', { request: request.type })
    }
    return pending.handle
  }

  /**
   * Puts them to the remote, one after the other, from when the handshake is done until the end. Never
   * rejects.
   */
  async run(handshake: Promise<unknown>): Promise<void> {
    try {
      await handshake
    } catch {
      return
    }
    while (await this.#takeRequest()) {
      // A function of its own: what it has put to the remote is not kept while the next is waited for.
    }
  }

  /** The connection has ended: nothing more is put to the remote. */
  close(reason: DisconnectReason): void {
    this.#reason = reason
    this.#waiting.close()
  }

  /** @returns whether more may follow. */
  async #takeRequest(): Promise<boolean> {
    let pending = await this.#waiting.receive()
    // All that wait at once: what is sent in one turn leaves in one piece.
    for (; pending !== undefined; pending = this.#waiting.tryReceive()) {
      if (this.#outgoing.full) await this.#outgoing.ready()
      if (this.#over()) return false
      this.#begin(pending)
    }
    return !this.#over()
  }

  #over(): boolean {
    return this.#reason !== undefined
  }

  #begin(pending: PendingRequest): void {
    try {
      pending.begin(this.#clock.now())
    } catch (cause) {
      const error = new PeerError('invalid-argument', 'the request does not fit the wire', { cause })
      pending.fail('refused', error)
    }
  }
}

function withdrawOnAbort(pending: PendingRequest, signal: AbortSignal): void {
  const onAbort = (): void => pending.fail('aborted', signal.reason)
  addAbortListener(signal, onAbort)
  pending.whenEnded = () => removeAbortListener(signal, onAbort)
}
