import { tell } from '@sapwood/transport-v1v2/environment'
import type { AnyMessage } from '@sapwood/wire-codec'
import type { PeerEventSource, PeerEvents as EventsOf, Unsubscribe } from '../contract/peer-events.ts'

type PeerEvents = EventsOf<AnyMessage>

type Listener<Name extends keyof PeerEvents> = (event: PeerEvents[Name]) => void
type Listeners = { [Name in keyof PeerEvents]?: Set<Listener<Name>> }

/**
 * Calls listeners synchronously, in the order they came. What one throws or rejects with goes to `onFailure`,
 * and stops no other.
 */
export class EventEmitter implements PeerEventSource<AnyMessage> {
  readonly #listeners: Listeners = {}
  /**
   * What crossed before anybody can have listened: our `version` leaves while the peer is made. Told to
   * whoever asks for it in that turn.
   */
  #early: PeerEvents['trace'][] | undefined = []
  readonly #onFailure: (error: unknown) => void

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  on<Name extends keyof PeerEvents>(name: Name, listener: Listener<Name>): Unsubscribe {
    const listeners: Set<Listener<Name>> = this.#of(name) ?? new Set()
    this.#listeners[name] = listeners as Listeners[Name]
    listeners.add(listener)
    if (name === 'trace')
      for (const trace of this.#early ?? []) tell(this.#onFailure, listener as Listener<'trace'>, trace)
    return () => listeners.delete(listener)
  }

  /** Whether making an event of this name is worth the while. */
  has(name: keyof PeerEvents): boolean {
    if (name === 'trace' && this.#early !== undefined) return true
    return (this.#listeners[name]?.size ?? 0) > 0
  }

  emit<Name extends keyof PeerEvents>(name: Name, event: PeerEvents[Name]): void {
    if (name === 'trace') this.#early?.push(event as PeerEvents['trace'])
    const listeners = this.#of(name)
    if (listeners === undefined || listeners.size === 0) return
    for (const listener of [...listeners]) tell(this.#onFailure, listener, event)
  }

  /** The turn in which the peer was made is over: whoever comes now is told of what comes now. */
  forgetEarly(): void {
    this.#early = undefined
  }

  #of<Name extends keyof PeerEvents>(name: Name): Set<Listener<Name>> | undefined {
    return this.#listeners[name]
  }
}
