import { type RunningProcess, startProcess } from '@sapwood/integration'
import {
  type ListenOptions,
  TestPeer,
  type PeerListener,
  isWireAssertionError,
} from '@sapwood/integration/test-peer'
import { MINUTE, systemClock } from '@sapwood/transport-v1v2/environment'
import type { DiallingCase } from '../model/conform-case.ts'
import type { Transport } from '../model/transport.ts'
import type { CaseResult, Report } from '../model/result.ts'
import type { DiallingStage } from '../model/stage.ts'
import { SUITE_VERSION } from '../model/suite-version.ts'
import { suiteChain } from './case-chain.ts'
import { runCase } from './run-case.ts'
import { runCases, type RunOptions, TRANSPORTS } from './run-cases.ts'

/** Blocks of the chain that is served to who dials. */
const BLOCKS = 120
/** Longest that a case waits for one thing by default, in milliseconds. */
const WAIT = 15_000
/** Longest that a program may take until it dials, in milliseconds. */
const START = MINUTE

/** What a run against software that dials takes. */
export interface RunDiallingOptions extends RunOptions {
  /** The port of 127.0.0.1 that the command dials. */
  readonly port: number
  /** Starts the software. It is started for each case, and ended after it. */
  readonly command: readonly string[]
  /** Milliseconds that a case waits for one thing. Default: 15,000. */
  readonly wait?: number
}

/**
 * Runs cases on software that dials.
 * @throws WireAssertionError where it dials in none of the transports.
 */
export async function runDialling(
  cases: readonly DiallingCase[],
  options: RunDiallingOptions,
): Promise<Report> {
  const { transports = TRANSPORTS, port } = options
  await using listener = await TestPeer.listen({ port, timeout: options.wait ?? WAIT, seed: 'conform' })
  const target = new DiallingTarget(listener, options)
  const { agent, speaks } = await target.meet(transports)
  const results = await runCases(
    cases,
    options,
    (_, transport) => (speaks.includes(transport) ? undefined : `it does not dial in ${transport}`),
    (each, transport) => target.run(each, transport),
  )
  return { format: 1, suite: SUITE_VERSION, agent, side: 'dials', results }
}

class DiallingTarget {
  readonly #listener: PeerListener<TestPeer>
  readonly #options: RunDiallingOptions
  readonly #chain = suiteChain(Math.floor(systemClock.wallTime() / 1_000), BLOCKS)

  constructor(listener: PeerListener<TestPeer>, options: RunDiallingOptions) {
    this.#listener = listener
    this.#options = options
  }

  async meet(
    transports: readonly Transport[],
  ): Promise<{ readonly agent: string; readonly speaks: readonly Transport[] }> {
    const speaks: Transport[] = []
    let agent = ''
    let fault: unknown
    for (const transport of transports) {
      await using program = await startProcess(this.#options.command)
      try {
        await using peer = await this.#listener.next({ transport, dialTimeout: START })
        agent = peer.version?.userAgent ?? ''
        speaks.push(transport)
      } catch (error) {
        if (!isWireAssertionError(error)) throw error
        fault = new Error(`${error.message}\nthe program said: ${program.stderr.slice(-2_000)}`, {
          cause: error,
        })
      }
      this.#listener.forget()
    }
    if (speaks.length === 0) throw fault
    return { agent, speaks }
  }

  async run(each: DiallingCase, transport: Transport): Promise<CaseResult> {
    const peers: TestPeer[] = []
    const program: RunningProcess = await startProcess(this.#options.command)
    const stage: DiallingStage = {
      transport,
      chain: this.#chain,
      get running() {
        return program.running
      },
      accept: async (options: ListenOptions = {}) => {
        const peer = await this.#listener.next({ transport, dialTimeout: START, ...options })
        peers.push(peer)
        return peer
      },
    }
    try {
      return await runCase(each, transport, systemClock, () => each.run(stage), peers)
    } finally {
      for (const peer of peers) await peer.close()
      await program.stop()
      this.#listener.forget()
    }
  }
}
