import type { RegtestChain } from '@sapwood/integration'
import { type DialOptions, TestPeer } from '@sapwood/integration/test-peer'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import type { Transaction } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import type { Transport } from '../model/transport.ts'
import type { CaseResult, Report } from '../model/result.ts'
import type { ListeningStage } from '../model/stage.ts'
import { SUITE_VERSION } from '../model/suite-version.ts'
import { hasTip, shareChain, suiteChain, type TargetChain } from './case-chain.ts'
import { runCase, skipped } from './run-case.ts'
import { factsOf, missing, type TargetFacts } from './target-facts.ts'

/** Longest that a case waits for one thing by default, in milliseconds. */
const WAIT = 5_000
/** Looks at whether a target has taken a block, one ping apart. */
const LOOKS = 500

export interface RunListeningOptions {
  /** `host:port` of the software. */
  readonly address: string
  /** Default: both. */
  readonly transports?: readonly Transport[]
  /** Milliseconds that a case waits for one thing. Default: 5,000. */
  readonly wait?: number
  /** Told of each result as it comes. */
  readonly onResult?: (result: CaseResult) => void
}

/**
 * Runs cases on software that listens.
 * @throws WireAssertionError where it cannot be reached in any of the transports.
 */
export async function runListening(
  cases: readonly ListeningCase[],
  options: RunListeningOptions,
): Promise<Report> {
  const { transports = ['v1', 'v2'], onResult } = options
  const target = new Target(options)
  const facts = await target.meet(transports, cases)
  const results: CaseResult[] = []
  const tell = (result: CaseResult): void => {
    results.push(result)
    onResult?.(result)
  }
  for (const transport of transports) {
    const silent = facts.speaks.includes(transport) ? undefined : `it does not speak ${transport}`
    for (const each of cases) {
      if (!(each.transports ?? ['v1', 'v2']).includes(transport)) continue
      const lack =
        silent ?? (each.needs ?? []).map((need) => missing(need, facts)).find((text) => text !== undefined)
      tell(lack === undefined ? await target.run(each, transport) : skipped(each, transport, lack))
    }
  }
  return { format: 1, suite: SUITE_VERSION, agent: facts.agent, side: 'listens', results }
}

class Target {
  readonly #options: RunListeningOptions
  #shared: TargetChain | undefined
  #sources = 0

  constructor(options: RunListeningOptions) {
    this.#options = options
  }

  async meet(
    transports: readonly Transport[],
    cases: readonly ListeningCase[],
  ): Promise<TargetFacts & { readonly speaks: readonly Transport[] }> {
    const speaks: Transport[] = []
    let facts: Omit<TargetFacts, 'hasChain'> | undefined
    let fault: unknown
    for (const transport of transports) {
      try {
        await using peer = await this.dial(transport)
        facts ??= await factsOf(peer)
        speaks.push(transport)
      } catch (error) {
        fault = error
      }
    }
    if (facts === undefined) throw fault
    if (cases.some(({ needs }) => needs?.includes('chain') === true)) await this.#share(speaks[0]!)
    return { ...facts, speaks, hasChain: this.#shared !== undefined }
  }

  async run(each: ListeningCase, transport: Transport): Promise<CaseResult> {
    const peers: TestPeer[] = []
    const stage: ListeningStage = {
      transport,
      chain: this.#shared?.chain ?? suiteChain(0, 0),
      dial: async (options) => {
        const peer = await this.dial(transport, options)
        peers.push(peer)
        return peer
      },
      mine: (transactions) => this.#mine(transport, transactions),
      payment: () => this.#shared!.payment(),
    }
    try {
      return await runCase(each, transport, systemClock, () => each.run(stage), peers)
    } finally {
      for (const peer of peers) await peer.close()
    }
  }

  /**
   * Each peer of a target on this machine has an address of its own: one that is banned takes none of the
   * others with it.
   */
  async dial(transport: Transport, options: DialOptions = {}): Promise<TestPeer> {
    const { address, wait = WAIT } = this.#options
    const n = this.#sources++
    const isLocal = address.startsWith('127.') && process.platform === 'linux'
    const from = isLocal ? { from: `127.${1 + (n % 100)}.${1 + (Math.floor(n / 100) % 200)}.9` } : {}
    return await TestPeer.dial(address, {
      transport,
      timeout: wait,
      seed: `conform ${n}`,
      ...from,
      ...options,
    })
  }

  async #share(transport: Transport): Promise<void> {
    try {
      await using peer = await this.dial(transport, { timeout: 60_000 })
      this.#shared = await shareChain(peer, Math.floor(systemClock.wallTime() / 1_000))
    } catch {
      // The cases that need it say that they were skipped.
      this.#shared = undefined
    }
  }

  async #mine(transport: Transport, include: readonly Transaction[] = []): Promise<void> {
    const chain: RegtestChain = this.#shared!.chain
    const [mined] = chain.mine(1, { include })
    await using peer = await this.dial(transport)
    await peer.send({ type: 'block', block: mined!.block })
    for (let look = 0; look < LOOKS; look++) if (await hasTip(peer, chain)) return
    throw peer.failure('the target to take a block', 'another tip')
  }
}
