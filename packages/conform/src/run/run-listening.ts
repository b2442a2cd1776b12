import { type DialOptions, reply, TestPeer } from '@sapwood/integration/test-peer'
import { type Instant, systemClock, untilAborted } from '@sapwood/transport-v1v2/environment'
import type { Transaction } from '@sapwood/wire-codec'
import { AskedDriver } from '../driver/asked-driver.ts'
import { type Driver, DriverError } from '../driver/driver.ts'
import type { ListeningCase } from '../model/conform-case.ts'
import type { Transport } from '../model/transport.ts'
import type { CaseResult, Report } from '../model/result.ts'
import type { ListeningStage } from '../model/stage.ts'
import { SUITE_VERSION } from '../model/suite-version.ts'
import { givesTip, hasTip, pause, shareChain, suiteChain, type TargetChain } from './case-chain.ts'
import { runCase } from './run-case.ts'
import { runCases, type RunOptions, TRANSPORTS } from './run-cases.ts'
import { factsOf, missing, type TargetFacts } from './target-facts.ts'

/** Longest that a case waits for one thing by default, in milliseconds. */
const WAIT = 5_000
/** How often a target that takes no connection, or says nothing on it, is looked at before it is given up. */
const LOOKS = 2
/** Milliseconds between two such looks: it may be starting again. */
const LOOK_PAUSE = 1_000
/** Milliseconds after which a block that was not taken is given once more. */
const GIVEN_AGAIN = 1_000

/** What a run against a node that listens takes. */
export interface RunListeningOptions extends RunOptions {
  /** `host:port` of the software. */
  readonly address: string
  /** Milliseconds that a case waits for one thing. Default: 5,000. */
  readonly wait?: number
  /**
   * Milliseconds from one connection to the next, at the least: for software that takes only so many in a
   * time. Default: 0.
   */
  readonly pace?: number
  /**
   * Does with the software what its P2P port is not enough for. Default: none, and the cases that need one
   * are skipped. It is closed at the end.
   */
  readonly driver?: Driver
  /** Milliseconds that the driver may take for one thing. Default: 30,000. */
  readonly driverWait?: number
}

/**
 * Runs cases on software that listens.
 * @throws WireAssertionError where it cannot be reached in any of the transports.
 */
export async function runListening(
  cases: readonly ListeningCase[],
  options: RunListeningOptions,
): Promise<Report> {
  const target = new Target(options)
  try {
    return await runOn(target, cases, options)
  } finally {
    await target.leave()
  }
}

async function runOn(
  target: Target,
  cases: readonly ListeningCase[],
  options: RunListeningOptions,
): Promise<Report> {
  const facts = await untilAborted(options.signal, () => target.meet(options.transports ?? TRANSPORTS, cases))
  const lack = (each: ListeningCase, transport: Transport): string | undefined => {
    if (!facts.speaks.includes(transport)) return `it does not speak ${transport}`
    const now = { ...facts, services: target.offered }
    return (each.needs ?? []).map((need) => missing(need, now)).find((text) => text !== undefined)
  }
  const ran = await runCases(cases, options, {
    lack,
    run: (each, transport) => target.run(each, transport),
    absence: (transport) => target.absence(transport),
  })
  return { format: 1, suite: SUITE_VERSION, agent: facts.agent, side: 'listens', ...ran }
}

class Target {
  readonly #options: RunListeningOptions
  readonly #driver: AskedDriver | undefined
  #shared: TargetChain | undefined
  #offered = 0n
  #sources = 0
  #nextDial = systemClock.now()

  constructor(options: RunListeningOptions) {
    this.#options = options
    const { driver, driverWait } = options
    const how = { clock: systemClock, ...(driverWait !== undefined && { timeout: driverWait }) }
    this.#driver = driver === undefined ? undefined : new AskedDriver(driver, how)
  }

  /**
   * Services that it has offered to anybody so far: some come only once an index of blocks that it was given
   * is made.
   */
  get offered(): bigint {
    return this.#offered
  }

  /** Gives the target back. A driver that does not let go is no reason to lose the report. */
  async leave(): Promise<void> {
    await this.#driver?.close().catch(() => undefined)
  }

  async meet(
    transports: readonly Transport[],
    cases: readonly ListeningCase[],
  ): Promise<TargetFacts & { readonly speaks: readonly Transport[] }> {
    const speaks: Transport[] = []
    let facts: Awaited<ReturnType<typeof factsOf>> | undefined
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
    if (cases.some(({ needs }) => needs?.includes('chain') === true)) {
      await this.#share(speaks[0]!)
      // What it offers may have changed with what it has.
      await using peer = await this.dial(speaks[0]!)
      facts = await factsOf(peer)
    }
    const can: TargetFacts['can'] = (ability) => this.#driver?.can(ability) ?? false
    return { ...facts, speaks, hasChain: this.#shared !== undefined, can }
  }

  async run(each: ListeningCase, transport: Transport): Promise<CaseResult> {
    const peers: TestPeer[] = []
    const driver = this.#driver
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
      get driver() {
        if (driver === undefined) throw new DriverError('unusable', 'there is none')
        return driver
      },
    }
    try {
      return await untilAborted(this.#options.signal, () =>
        runCase(each, transport, systemClock, () => each.run(stage), peers),
      )
    } finally {
      for (const peer of peers) await peer.close()
    }
  }

  /** Why it is of no use any more: it takes no connection, or says nothing on one. */
  async absence(transport: Transport): Promise<string | undefined> {
    for (let look = 1; ; look++) {
      const why = await this.#look(transport)
      if (why === undefined || look === LOOKS) return why
      await new Promise<void>((resolve) => systemClock.setTimer(LOOK_PAUSE, resolve))
    }
  }

  async #look(transport: Transport): Promise<string | undefined> {
    let peer: TestPeer
    try {
      peer = await this.dial(transport, { handshake: 'none' })
    } catch {
      return 'the target takes no connections'
    }
    try {
      await peer.shakeTransport()
      await peer.shakeHands()
      return undefined
    } catch {
      // Who hangs up is there.
      return peer.closed === undefined ? 'the target says nothing' : undefined
    } finally {
      await peer.close()
    }
  }

  /**
   * Each peer of a target on this machine has an address of its own: one that is banned takes none of the
   * others with it.
   */
  async dial(transport: Transport, options: DialOptions = {}): Promise<TestPeer> {
    const { address, wait = WAIT } = this.#options
    await this.#turn()
    const n = this.#sources++
    const isLocal = address.startsWith('127.') && process.platform === 'linux'
    const from = isLocal ? { from: `127.${1 + (n % 100)}.${1 + (Math.floor(n / 100) % 200)}.9` } : {}
    const peer = await TestPeer.dial(address, {
      transport,
      timeout: wait,
      seed: `conform ${n}`,
      ...from,
      ...options,
    })
    this.#offered |= peer.version?.services ?? 0n
    return peer
  }

  /** Waits until the next connection may be opened. */
  async #turn(): Promise<void> {
    const { pace = 0 } = this.#options
    const left = this.#nextDial - systemClock.now()
    this.#nextDial = (systemClock.now() + Math.max(0, left) + pace) as Instant
    if (left > 0) await new Promise<void>((resolve) => systemClock.setTimer(left, resolve))
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
    const shared = this.#shared!
    const { chain } = shared
    await using peer = await this.dial(transport)
    peer.on('getheaders', reply.headers(chain)).on('getdata', reply.blocks(chain))
    // Where it holds another block of that height, which a case has shown to it, it takes ours with the next.
    for (let more = 0; more < 2; more++) {
      const [mined] = chain.mine(1, more === 0 ? { include } : {})
      const give = (): Promise<void> => peer.send({ type: 'block', block: mined!.block })
      await give()
      if (await this.#takes(peer, shared, give)) return
    }
    throw peer.failure('the target to take a block', 'another tip')
  }

  /**
   * Whether it takes a block. btcd drops what comes right behind a handshake, before the part of it that
   * looks at blocks has heard of the peer: it is given again.
   */
  async #takes(peer: TestPeer, { chain, gives }: TargetChain, give: () => Promise<void>): Promise<boolean> {
    const { clock } = peer
    const deadline = clock.now() + (this.#options.wait ?? WAIT)
    for (let again = clock.now() + GIVEN_AGAIN; ; ) {
      if ((await hasTip(peer, chain)) && (!gives || (await givesTip(peer, chain)))) return true
      if (clock.now() > deadline) return false
      if (clock.now() > again) {
        await give()
        again = clock.now() + GIVEN_AGAIN
      }
      await pause(peer)
    }
  }
}
