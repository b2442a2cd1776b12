import { TokenBucket } from '@sapwood/peer'
import { type Clock, WakeUp, withDeadline } from '@sapwood/transport-v1v2/environment'
import type { PeerAddress } from '@sapwood/wire-codec'
import { aCount, aNumberAboveZero, needed, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { Claim, Frontier, Settled } from '../frontier/frontier.ts'
import type { Visit } from './visit.ts'

/** Seconds of dials that are made at once where none were made before: a timer is no finer than that. */
const BURST = 0.05
/** The part of a claim's time that a visit may take: the rest is for handing it in. */
const VISIT_SHARE = 0.9

/** How a crawl goes on. */
export interface CrawlOptions {
  /** Connections at the same time. */
  readonly connections: number
  /** Dials a second. */
  readonly rate: number
  /** Visits after which it has seen enough. Default: no end but that of the round. */
  readonly most?: number
}

const crawlOptions = optionsOf<CrawlOptions>({
  connections: needed(wholeNumber(1)),
  rate: needed(aNumberAboveZero),
  most: aCount,
})

/** What a crawl works with. */
export interface CrawlParts {
  readonly frontier: Frontier
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Opens one connection, looks, and ends it; at the latest when the signal aborts. */
  visit(address: PeerAddress, signal: AbortSignal): Promise<Visit>
  /** Is told of each visit, and whether it counted. */
  onVisited(address: PeerAddress, visit: Visit, settled: Settled): void
}

/**
 * One worker: visits what its frontier hands out, so many at a time, and no more of them a second than it
 * may. A visit that takes too long is left, whatever it does: no remote costs more than its place.
 */
export class Crawl {
  readonly #options: CrawlOptions
  readonly #parts: CrawlParts
  readonly #wakeUp = new WakeUp()
  #visited = 0
  #busy = 0
  #failure: { readonly error: unknown } | undefined

  /** @throws PublishError `invalid-argument`. */
  constructor(options: CrawlOptions, parts: CrawlParts) {
    refuseArgument(crawlOptions, options, 'Crawl: options')
    this.#options = options
    this.#parts = parts
  }

  /** Visits so far, and those that are under way. */
  get counts(): { readonly visited: number; readonly busy: number } {
    return { visited: this.#visited, busy: this.#busy }
  }

  /**
   * Goes on until the round is over, enough have been seen, or the signal aborts. @throws what the frontier
   * does: what was seen could not be kept.
   */
  async run(): Promise<void> {
    const { clock, signal, frontier } = this.#parts
    const { connections, rate, most = Infinity } = this.#options
    const burst = Math.max(1, rate * BURST)
    const allowance = new TokenBucket({ burst, perSecond: rate }, clock.now())
    let begun = 0
    while (!signal.aborted && this.#failure === undefined && begun < most) {
      const free = Math.min(connections - this.#busy, most - begun)
      const allowed = free < 1 ? 0 : allowance.takeUpTo(Math.min(free, Math.floor(burst)), clock.now())
      if (allowed === 0) {
        await this.#change(free < 1 ? undefined : 1_000 / rate)
        continue
      }
      const claims = await frontier.claim(allowed, signal)
      if (claims.length === 0) break
      allowance.grant(allowed - claims.length)
      begun += claims.length
      for (const claim of claims) void this.#go(claim)
    }
    // What is under way ends by the same signal.
    while (this.#busy > 0) await this.#wakeUp.wait()
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Resolves when a visit has ended, and after so many milliseconds at the latest. */
  async #change(milliseconds: number | undefined): Promise<void> {
    const { clock, signal } = this.#parts
    const ring = (): void => this.#wakeUp.ring()
    const cancel = milliseconds === undefined ? undefined : clock.setTimer(milliseconds, ring)
    await this.#wakeUp.wait(signal)
    cancel?.()
  }

  async #go(claim: Claim): Promise<void> {
    this.#busy += 1
    try {
      await this.#visit(claim)
    } catch (error) {
      this.#failure ??= { error }
    } finally {
      this.#busy -= 1
      this.#wakeUp.ring()
    }
  }

  async #visit(claim: Claim): Promise<void> {
    const { clock, signal } = this.#parts
    const { address } = claim
    const started = clock.now()
    const milliseconds = Math.max(0, (claim.until - started) * VISIT_SHARE)
    const visit = await withDeadline(clock, milliseconds, (ends) => this.#parts.visit(address, ends), {
      signal,
      reason: () => new Error('It took too long.'),
    }).catch((error: unknown): Visit => {
      const failure = error instanceof Error ? error.message : String(error)
      return { reached: false, failure, milliseconds: clock.now() - started }
    })
    // Cut off by the user, it was no visit.
    if (signal.aborted && !visit.reached) return await claim.release()
    this.#visited += 1
    this.#parts.onVisited(address, visit, await settle(claim, visit))
  }
}

function settle(claim: Claim, visit: Visit): Promise<Settled> {
  if (!visit.reached) return claim.failed(visit.failure)
  const { addresses, transport, services, version, userAgent, height } = visit
  return claim.done({ transport, services, version, userAgent, height }, addresses)
}
