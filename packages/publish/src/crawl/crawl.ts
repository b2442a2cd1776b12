import { type Clock, WakeUp } from '@sapwood/transport-v1v2/environment'
import { formatHost, formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'

/** Addresses that are remembered at most: what is gossiped beyond them is left alone. */
const MAX_KNOWN = 1_000_000

/** What came of one visit. */
export interface Visit {
  readonly reached: boolean
  readonly transport?: 'v1' | 'v2'
  readonly userAgent?: string
  readonly services?: bigint
  readonly height?: number
  /** Why it was not reached. */
  readonly failure?: string
  /** What it gave. */
  readonly addresses: readonly PeerAddress[]
  readonly milliseconds: number
}

/** How a crawl goes on. */
export interface CrawlOptions {
  /** Connections at the same time. */
  readonly connections: number
  /** Dials a second. */
  readonly rate: number
  /** Visits after which it has seen enough. Default: no end but that of the addresses. */
  readonly most?: number
}

/** What a crawl works with. */
interface CrawlParts {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Opens one connection, looks, and ends it. */
  visit(address: PeerAddress): Promise<Visit>
  /** Is told of each visit, and of what it added. */
  onVisited(address: PeerAddress, visit: Visit, found: readonly PeerAddress[]): void
}

/**
 * Goes from node to node by the addresses that they give: each address once, never two connections to one
 * host, and no more dials a second than it may.
 */
export class Crawl {
  readonly #options: CrawlOptions
  readonly #parts: CrawlParts
  /** Every address that was ever heard of, as text. */
  readonly #known = new Set<string>()
  readonly #waiting: PeerAddress[] = []
  readonly #busyHosts = new Set<string>()
  readonly #wakeUp = new WakeUp()
  #visited = 0

  constructor(options: CrawlOptions, parts: CrawlParts) {
    this.#options = options
    this.#parts = parts
  }

  /** Visits so far, those that are under way, and addresses that wait. */
  get counts(): { readonly visited: number; readonly busy: number; readonly waiting: number } {
    return { visited: this.#visited, busy: this.#busyHosts.size, waiting: this.#waiting.length }
  }

  /** Addresses to be visited. @returns those that were new. */
  add(addresses: readonly PeerAddress[]): readonly PeerAddress[] {
    const added = addresses.filter((address) => this.#note(address))
    for (const address of added) this.#waiting.push(address)
    return added
  }

  /** Addresses that were visited by an earlier run. */
  skip(addresses: readonly PeerAddress[]): void {
    for (const address of addresses) this.#note(address)
  }

  /** Goes on until there is nobody left, enough have been seen, or the signal. */
  async run(): Promise<void> {
    const { clock, signal } = this.#parts
    const { connections, rate, most = Infinity } = this.#options
    const pause = 1_000 / rate
    let next = clock.now() as number
    let begun = 0
    while (!signal.aborted) {
      const now = clock.now() as number
      const isFree = this.#busyHosts.size < connections && begun < most
      const address = isFree && next <= now ? this.#take() : undefined
      if (address !== undefined) {
        begun++
        // What was not used is not saved up: a rate, not a debt.
        next = Math.max(next + pause, now - pause)
        void this.#go(address)
        continue
      }
      if (this.#busyHosts.size === 0 && (this.#waiting.length === 0 || begun >= most)) return
      const late = isFree && next > now ? clock.setTimer(next - now, () => this.#wakeUp.ring()) : undefined
      await this.#wakeUp.wait(signal)
      late?.()
    }
    // What is under way ends by the same signal.
    while (this.#busyHosts.size > 0) await this.#wakeUp.wait()
  }

  #note(address: PeerAddress): boolean {
    const text = formatPeerAddress(address)
    if (this.#known.has(text) || this.#known.size >= MAX_KNOWN) return false
    this.#known.add(text)
    return true
  }

  /** The first address of a host to which there is no connection now. */
  #take(): PeerAddress | undefined {
    const at = this.#waiting.findIndex((address) => !this.#busyHosts.has(formatHost(address)))
    if (at === -1) return undefined
    return at === 0 ? this.#waiting.shift() : this.#waiting.splice(at, 1)[0]
  }

  async #go(address: PeerAddress): Promise<void> {
    const host = formatHost(address)
    this.#busyHosts.add(host)
    const visit = await this.#parts.visit(address).catch(
      (error: unknown): Visit => ({
        reached: false,
        failure: error instanceof Error ? error.message : String(error),
        addresses: [],
        milliseconds: 0,
      }),
    )
    this.#busyHosts.delete(host)
    this.#visited++
    this.#parts.onVisited(address, visit, this.add(visit.addresses))
    this.#wakeUp.ring()
  }
}
