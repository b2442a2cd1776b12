import type { Channel } from '@sapwood/peer'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { canonicalAddress } from '../addresses/canonical-address.ts'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { InboundStream, Listener, Listening } from '../connections/listener.ts'
import { NodeError } from '../errors/node-error.ts'
import type { EventSink } from '../events/event-source.ts'
import type { NodeNotification } from '../loop/node-notification.ts'

export interface ListenersComponents {
  readonly listeners: readonly Listener[]
  readonly clock: Clock
  readonly notifications: Pick<Channel<NodeNotification>, 'trySend'>
  readonly events: EventSink<ConnectionEvents>
}

/** The node's listeners, which hand what they take to its loop. */
export class Listeners {
  readonly #parts: ListenersComponents
  readonly #listening: Listening[] = []
  readonly #abort = new AbortController()

  constructor(components: ListenersComponents) {
    this.#parts = components
  }

  /** Those that listen. */
  get listening(): readonly Listening[] {
    return this.#listening
  }

  /** Starts them all, or none. @throws NodeError `listen-failed`. */
  async start(): Promise<void> {
    try {
      for (const listener of this.#parts.listeners) this.#listening.push(await this.#start(listener))
    } catch (cause) {
      await this.stop()
      throw new NodeError('listen-failed', 'A listener could not be started', { cause })
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await Promise.allSettled(this.#listening.map(async (open) => open.close()))
  }

  #start(listener: Listener): Promise<Listening> {
    return listener.listen((inbound) => this.#take(inbound), { signal: this.#abort.signal })
  }

  #take(given: InboundStream): void {
    const { notifications, clock } = this.#parts
    const inbound = withCanonicalAddress(given)
    if (inbound === undefined) {
      abort(given, new NodeError('invalid-address', 'The listener gave no address of a network'))
    } else if (!notifications.trySend({ type: 'inbound', inbound, at: clock.now() })) this.#refuse(inbound)
  }

  #refuse(inbound: InboundStream): void {
    const { address } = inbound
    const { aborted } = this.#abort.signal
    abort(inbound, aborted ? new NodeError('stopped', 'The node has stopped') : new Error('busy'))
    if (aborted) return
    this.#parts.events.emit('inbound-refused', {
      why: 'busy',
      ...(address !== undefined && { address }),
    })
  }
}

/**
 * Whatever counts or judges connections by host knows each address in one form, beginning with the queue. A
 * listener may be a program's own, and no type holds it to anything.
 * @returns undefined where the address is none.
 */
function withCanonicalAddress(inbound: InboundStream): InboundStream | undefined {
  try {
    if (inbound.address === undefined) return inbound
    const address = canonicalAddress(inbound.address)
    return address && { ...inbound, address }
  } catch {
    return undefined
  }
}

function abort(inbound: InboundStream, reason: Error): void {
  try {
    inbound.stream.abort(reason)
  } catch {
    // A listener of the program's own: nobody is left to tell, and this is called by the event loop.
  }
}
