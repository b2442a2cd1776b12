import { type ProcessExit, type RunningProcess, startProcess } from '@sapwood/integration'
import {
  type ListenOptions,
  TestPeer,
  type PeerListener,
  isWireAssertionError,
} from '@sapwood/integration/test-peer'
import { MINUTE, systemClock, untilAborted } from '@sapwood/transport-v1v2/environment'
import type { DiallingCase } from '../model/conform-case.ts'
import type { Transport } from '../model/transport.ts'
import type { CaseResult, Report } from '../model/result.ts'
import type { DiallingStage } from '../model/stage.ts'
import { SUITE_VERSION } from '../model/suite-version.ts'
import { TargetError } from '../model/target-error.ts'
import { suiteChain } from './case-chain.ts'
import { programEnder } from './program-ender.ts'
import { runCase } from './run-case.ts'
import { runCases, type RunOptions, TRANSPORTS } from './run-cases.ts'

/** Blocks of the chain that is served to who dials. */
const BLOCKS = 120
/** Longest that a case waits for one thing by default, in milliseconds. */
const WAIT = 15_000
/** Longest that a program may take until it dials, in milliseconds. */
const START = MINUTE
/**
 * Milliseconds in which a program whose connection has ended may turn out to have failed: some close it
 * themselves, and end a little later.
 */
const FALL = 500
/** Characters of a program's output that are shown. */
const SHOWN_OUTPUT = 2_000

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
 * @throws WireAssertionError where it dials in none of the transports; TargetError where it fails before it
 * dials, or the port is taken.
 */
export async function runDialling(
  cases: readonly DiallingCase[],
  options: RunDiallingOptions,
): Promise<Report> {
  const { transports = TRANSPORTS, port } = options
  await using listener = await listenOn(port, options.wait ?? WAIT)
  const target = new DiallingTarget(listener, options)
  const { agent, speaks } = await target.meet(transports)
  const ran = await runCases(cases, options, {
    lack: (_, transport) => (speaks.includes(transport) ? undefined : `it does not dial in ${transport}`),
    run: (each, transport) => target.run(each, transport),
  })
  return { format: 1, suite: SUITE_VERSION, agent, side: 'dials', ...ran }
}

async function listenOn(port: number, timeout: number): Promise<PeerListener<TestPeer>> {
  try {
    return await TestPeer.listen({ port, timeout, seed: 'conform' })
  } catch (cause) {
    throw new TargetError(`port ${port} cannot be listened on: another program has it, or may not be given`, {
      cause,
    })
  }
}

class DiallingTarget {
  readonly #listener: PeerListener<TestPeer>
  readonly #options: RunDiallingOptions
  readonly #end = programEnder(systemClock)
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
      const program = await startProcess(this.#options.command)
      try {
        await using peer = await untilAborted(this.#options.signal, () =>
          this.#nextOf(program, { transport, dialTimeout: START }),
        )
        agent = peer.version?.userAgent ?? ''
        speaks.push(transport)
      } catch (error) {
        if (!isWireAssertionError(error)) throw error
        fault = new Error(`${error.message}\nthe program said: ${program.stderr.slice(-SHOWN_OUTPUT)}`, {
          cause: error,
        })
      } finally {
        await this.#leave(program)
      }
    }
    if (speaks.length === 0) throw fault
    return { agent, speaks }
  }

  /**
   * The program's next connection.
   * @throws TargetError where it fails before it dials: one that goes into the background ends well.
   */
  async #nextOf(program: RunningProcess, options: ListenOptions): Promise<TestPeer> {
    const dials = this.#listener.next(options)
    const fails = program.exited.then(async ({ code, signal }) => {
      if (code === 0) return await dials
      const how = signal ?? `exit code ${String(code)}`
      const said = program.stderr.trim().slice(-SHOWN_OUTPUT)
      throw new TargetError(
        `the program ended with ${how} before it dialled${said === '' ? '' : `: ${said}`}`,
      )
    })
    return await Promise.race([dials, fails])
  }

  async run(each: DiallingCase, transport: Transport): Promise<CaseResult> {
    const peers: TestPeer[] = []
    const program: RunningProcess = await startProcess(this.#options.command)
    const stage: DiallingStage = {
      transport,
      chain: this.#chain,
      survives: async () => {
        const exit = await exitWithin(program, FALL)
        return exit === undefined || exit.code === 0
      },
      accept: async (options: ListenOptions = {}) => {
        const peer = await this.#nextOf(program, { transport, dialTimeout: START, ...options })
        peers.push(peer)
        return peer
      },
    }
    try {
      return await untilAborted(this.#options.signal, () =>
        runCase(each, transport, systemClock, () => each.run(stage), peers),
      )
    } finally {
      for (const peer of peers) await peer.close()
      await this.#leave(program)
    }
  }

  /** Only then what it has dialled meanwhile is forgotten: it may come back as soon as it is let go. */
  async #leave(program: RunningProcess): Promise<void> {
    await this.#end(program)
    this.#listener.forget()
  }
}

async function exitWithin(program: RunningProcess, milliseconds: number): Promise<ProcessExit | undefined> {
  let cancel = (): void => undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = systemClock.setTimer(milliseconds, () => resolve(undefined))
  })
  try {
    return await Promise.race([program.exited, late])
  } finally {
    cancel()
  }
}
