import type { AnyMessage } from '@sapwood/wire-codec'
import type { PeerEventSource, PeerEvents as EventsOf, Unsubscribe } from '../contract/peer-events.ts'

type PeerEvents = EventsOf<AnyMessage>

type Listener<Name extends keyof PeerEvents> = (event: PeerEvents[Name]) => void
type Listeners = { [Name in keyof PeerEvents]?: Set<Listener<Name>> }

/**
 * Calls listeners synchronously, in the order they came. What one throws goes to `onFailure`, and stops no
 * other.
 */
export class EventEmitter implements PeerEventSource<AnyMessage> {
  readonly #listeners: Listeners = {}
  readonly #onFailure: (error: unknown) => void

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  on<Name extends keyof PeerEvents>(name: Name, listener: Listener<Name>): Unsubscribe {
    const listeners: Set<Listener<Name>> = this.#of(name) ?? new Set()
    this.#listeners[name] = listeners as Listeners[Name]
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Whether making an event of this name is worth the while. */
  has(name: keyof PeerEvents): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0
  }

  emit<Name extends keyof PeerEvents>(name: Name, event: PeerEvents[Name]): void {
    const listeners = this.#of(name)
    if (listeners === undefined || listeners.size === 0) return
    for (const listener of [...listeners]) {
      try {
        listener(event)
      } catch (error) {
        this.#onFailure(error)
      }
    }
  }

  #of<Name extends keyof PeerEvents>(name: Name): Set<Listener<Name>> | undefined {
    return this.#listeners[name]
  }
}
