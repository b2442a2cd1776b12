import type { PeerAddress } from '@sapwood/wire-codec'
import { serviceNames } from '@sapwood/wire-codec'
import type { Visit } from './visit.ts'

/** User agents that are counted apart; who has another than those counts as `other`. */
const MAX_USER_AGENTS = 10_000
/** User agents that are told of. */
const SHOWN_USER_AGENTS = 20

type Counts = Record<string, number>

/** What a crawl found, in numbers. */
export class CrawlSummary {
  #visited = 0
  #reached = 0
  readonly #networks: Counts = {}
  readonly #transports: Counts = {}
  readonly #services: Counts = {}
  readonly #userAgents = new Map<string, number>()

  add(address: PeerAddress, visit: Visit): void {
    this.#visited++
    if (!visit.reached) return
    this.#reached++
    count(this.#networks, address.network)
    count(this.#transports, visit.transport)
    for (const name of serviceNames(visit.services)) count(this.#services, name)
    const { userAgent } = visit
    const isCounted = this.#userAgents.has(userAgent) || this.#userAgents.size < MAX_USER_AGENTS
    const key = isCounted ? userAgent : 'other'
    this.#userAgents.set(key, (this.#userAgents.get(key) ?? 0) + 1)
  }

  /** As it stands. */
  facts(): {
    readonly visited: number
    readonly reached: number
    readonly networks: Counts
    readonly transports: Counts
    readonly services: Counts
    readonly userAgents: Counts
  } {
    const agents = [...this.#userAgents].sort((a, b) => b[1] - a[1]).slice(0, SHOWN_USER_AGENTS)
    return {
      visited: this.#visited,
      reached: this.#reached,
      networks: { ...this.#networks },
      transports: { ...this.#transports },
      services: { ...this.#services },
      userAgents: Object.fromEntries(agents),
    }
  }
}

function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
