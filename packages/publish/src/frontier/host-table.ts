import type { Instant } from '@sapwood/transport-v1v2/environment'
import { MAX_KNOWN_ADDRESSES, MAX_PORTS_OF_HOST } from './frontier.ts'
import { Fifo } from './fifo.ts'

/** Set in a port that waits for its visit; ports are smaller. */
const WAITING = 0x1_0000
const PORT = 0xffff

/** A host and one of its ports. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/**
 * Every address that was heard of, by host, and the order in which those that wait have their turn. A host
 * is busy from `take` to `rest`, and not taken before it has rested. Each step costs the same however many
 * there are: one host with many ports, or a million of hosts, hold nobody up.
 */
export class HostTable {
  /** The ports of each host; one alone, as most have, without a list around it. */
  readonly #ports = new Map<string, number | number[]>()
  readonly #ready = new Fifo<string>()
  readonly #busy = new Set<string>()
  /** Until when, in the order in which they end: all rest as long. */
  readonly #resting = new Map<string, Instant>()
  #known = 0
  #waiting = 0

  /** Addresses that are remembered. */
  get known(): number {
    return this.#known
  }

  /** Those of them that wait, whether they may be visited now or not. */
  get waiting(): number {
    return this.#waiting
  }

  /** When the first host has rested: there may be somebody to visit then. */
  get rested(): Instant | undefined {
    return this.#resting.values().next().value
  }

  /** Remembers an address. @returns false where it is known, or one too many. */
  note({ host, port }: HostAndPort): boolean {
    if (this.#known >= MAX_KNOWN_ADDRESSES) return false
    const ports = this.#ports.get(host)
    if (ports === undefined) this.#ports.set(host, port)
    else if (typeof ports === 'number') {
      if ((ports & PORT) === port) return false
      this.#ports.set(host, [ports, port])
    } else {
      if (ports.length >= MAX_PORTS_OF_HOST || ports.some((each) => (each & PORT) === port)) return false
      ports.push(port)
    }
    this.#known += 1
    return true
  }

  /** One that is remembered waits for its visit from now on. */
  wait(address: HostAndPort): void {
    const before = this.#isWaiting(address.host)
    if (!this.#mark(address, WAITING)) return
    this.#waiting += 1
    if (!before) this.#offer(address.host)
  }

  /** Forgets an address that does not wait. */
  forget({ host, port }: HostAndPort): void {
    const ports = this.#ports.get(host)
    const left = this.#listOf(ports).filter((each) => each !== port)
    if (left.length === this.#listOf(ports).length) return
    this.#known -= 1
    if (left.length === 0) this.#ports.delete(host)
    else this.#ports.set(host, left.length === 1 ? left[0]! : left)
  }

  /** The next that may be visited; its host is busy from now on. */
  take(now: Instant): HostAndPort | undefined {
    for (const [host, until] of this.#resting) {
      if (until > now) break
      this.#resting.delete(host)
      if (this.#isWaiting(host)) this.#offer(host)
    }
    const host = this.#ready.shift()
    if (host === undefined) return undefined
    const port = this.#listOf(this.#ports.get(host)).find((each) => each >= WAITING)! & PORT
    this.#mark({ host, port }, 0)
    this.#waiting -= 1
    this.#busy.add(host)
    return { host, port }
  }

  /** A visit has ended. */
  rest(host: string, until: Instant): void {
    this.#busy.delete(host)
    this.#resting.set(host, until)
  }

  /** There was no visit: the host need not rest. */
  free(host: string): void {
    this.#busy.delete(host)
    if (this.#isWaiting(host)) this.#offer(host)
  }

  #offer(host: string): void {
    if (!this.#busy.has(host) && !this.#resting.has(host)) this.#ready.push(host)
  }

  #isWaiting(host: string): boolean {
    return this.#listOf(this.#ports.get(host)).some((port) => port >= WAITING)
  }

  #listOf(ports: number | readonly number[] | undefined): readonly number[] {
    return ports === undefined ? [] : typeof ports === 'number' ? [ports] : ports
  }

  /** @returns false where it was so, or is not known. */
  #mark({ host, port }: HostAndPort, mark: number): boolean {
    const ports = this.#ports.get(host)
    if (ports === undefined) return false
    if (typeof ports === 'number') {
      if ((ports & PORT) !== port || ports === (port | mark)) return false
      this.#ports.set(host, port | mark)
      return true
    }
    const at = ports.findIndex((each) => (each & PORT) === port)
    if (at === -1 || ports[at] === (port | mark)) return false
    ports[at] = port | mark
    return true
  }
}
