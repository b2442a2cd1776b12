import type { InboundStream } from '../connections/listener.ts'
import { diallerKey } from '../connections/recent-dials.ts'

/** Connections of strangers that wait to be let in or turned away, at most. */
export const MAX_WAITING_INBOUND = 256
/** While so many wait, no host has more than a few of them. */
const MANY_WAITING_INBOUND = 128
const MAX_WAITING_OF_HOST = 4

/** Who waits to be let in, by host: whoever dials without end takes no more than a few of the places. */
export class InboundPlaces {
  readonly #hosts = new Map<InboundStream, string>()
  readonly #counts = new Map<string, number>()

  /** Whether it is time to look who of them has gone. */
  get areScarce(): boolean {
    return this.#hosts.size >= MANY_WAITING_INBOUND
  }

  /** @returns whether it may wait; each that may gives its place back when its turn has come. */
  take(inbound: InboundStream): boolean {
    const host = diallerKey(inbound.address, inbound.via)
    const waiting = this.#hosts.size
    const ofHost = this.#counts.get(host) ?? 0
    if (waiting >= MAX_WAITING_INBOUND) return false
    if (waiting >= MANY_WAITING_INBOUND && ofHost >= MAX_WAITING_OF_HOST) return false
    this.#hosts.set(inbound, host)
    this.#counts.set(host, ofHost + 1)
    return true
  }

  give(inbound: InboundStream): void {
    const host = this.#hosts.get(inbound)
    if (host === undefined) return
    this.#hosts.delete(inbound)
    const left = this.#counts.get(host)! - 1
    if (left > 0) this.#counts.set(host, left)
    else this.#counts.delete(host)
  }
}
