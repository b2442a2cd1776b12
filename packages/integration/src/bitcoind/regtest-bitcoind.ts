import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, type NetworkAddress } from '@sapwood/wire-codec'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { isIntegrationError, IntegrationError, type ProcessExit } from '../errors/integration-error.ts'
import { monotonicTime, sleep, startTimer } from '../programs/default-sleep.ts'
import type { Program } from '../programs/find-program.ts'
import { freePort } from '../programs/free-port.ts'
import { runCommand } from '../programs/run-command.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { makeTemporaryFolder } from '../programs/usable-folder.ts'
import { cookieFileOf, type DaemonArguments, readDaemonArguments } from './daemon-arguments.ts'
import { BitcoindLog, lastLines } from './bitcoind-log.ts'
import { findBitcoind, type FindBitcoindOptions } from './find-bitcoind.ts'
import { until } from './until.ts'
import { Purse } from './purse.ts'
import { RpcClient } from './rpc-client.ts'

/** Longest that bitcoind may take until it answers calls, in milliseconds. */
const START_TIMEOUT = MINUTE
/** How often a start is tried when another process has taken one of the ports meanwhile. */
const PORT_ATTEMPTS = 5
/**
 * Milliseconds in which a bitcoind that hung up may turn out to have ended: its sockets close before it is
 * gone.
 */
const EXIT_GRACE = 2_000
/** Longest that a peer may take to connect by default, in milliseconds. */
const PEER_TIMEOUT = 30_000
/** Milliseconds between two looks at whether bitcoind answers yet. */
const POLL_INTERVAL = 30
/** bitcoind's code for "still warming up". */
const RPC_IN_WARMUP = -28

const HOST = '127.0.0.1'
/** Said on standard error when a port is taken. */
const PORT_CLASH = /Unable to bind|Unable to start HTTP server|Failed to listen|Address already in use/i
/** Said where it is the one for RPC; bitcoind opens that first. */
const RPC_CLASH = /Unable to start HTTP server/i

/** How a bitcoind is started. */
export interface RegtestBitcoindOptions extends FindBitcoindOptions {
  /**
   * More arguments: `['-v2transport=0', '-txindex']`. They come last, so they win. `-rpcport`, `-rpcuser`
   * with `-rpcpassword` and `-rpccookiefile` are followed; those that no bitcoind of the harness can be run
   * with (`-datadir`, another chain, `-daemon`, `-server=0`) are refused as `unsupported-argument`.
   */
  readonly args?: readonly string[]
  /** The program to run, where it has been found before; {@link findBitcoind} looks for it otherwise. */
  readonly program?: Program
  /**
   * A data folder to use again (of an earlier `RegtestBitcoind` that was started with one too). It is then
   * the caller's, and is not removed. By default each has a folder of its own in the system's temporary
   * folder, removed at the end.
   */
  readonly dataFolder?: string
  /** The port for peers; a free one by default. A given port that is taken is not tried a second time. */
  readonly p2pPort?: number
  /**
   * Leaves the data folder (its log, its chain) where it is when it ended by itself, did not start, or `keep`
   * was called; the error says where. Default: false.
   */
  readonly keepOnFailure?: boolean
}

/**
 * A real bitcoind on a regtest chain of its own, on free ports of 127.0.0.1, that reaches nothing outside and
 * does not outlive our process, whatever becomes of that. Each error of one that has been started ends with
 * the last lines of its log.
 */
export class RegtestBitcoind implements AsyncDisposable {
  /** Where its chain, its log (`regtest/debug.log`) and its cookie are. */
  readonly dataFolder: string
  /** Where peers reach it. */
  readonly p2pAddress: NetworkAddress
  readonly p2pPort: number
  readonly rpcPort: number
  /** Where its RPC's credentials are, made anew at each start; undefined where it was given a password. */
  readonly cookieFile: string | undefined
  /** What is run, and where it was found. */
  readonly program: Program
  readonly process: RunningProcess
  /** Its `debug.log`. */
  readonly log: BitcoindLog
  readonly #purse: Purse
  readonly #keepOnFailure: boolean
  readonly #rpc: RpcClient
  readonly #ownsFolder: boolean
  #removed: Promise<void> | undefined
  #isKept = false
  #isAsked = false

  private constructor(program: Program, started: RunningProcess, layout: Layout) {
    this.program = program
    this.process = started
    this.dataFolder = layout.dataFolder
    this.#ownsFolder = layout.ownsFolder
    this.p2pPort = layout.p2pPort
    this.rpcPort = layout.rpcPort
    this.log = new BitcoindLog(join(layout.dataFolder, 'regtest', 'debug.log'))
    const facts = () => lastLines(this.log)
    this.#purse = new Purse((method, ...params) => this.rpc(method, ...params), facts)
    this.#keepOnFailure = layout.keepOnFailure
    this.p2pAddress = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: layout.p2pPort }
    const { credentials } = layout.given
    this.cookieFile = credentials === undefined ? cookieFileOf(layout.dataFolder, layout.given) : undefined
    this.#rpc = new RpcClient({
      host: HOST,
      port: layout.rpcPort,
      facts,
      ...(this.cookieFile !== undefined && { cookieFile: this.cookieFile }),
      ...(credentials !== undefined && { credentials }),
    })
  }

  /**
   * Starts one and waits until it answers.
   * @throws IntegrationError `program-not-found`; `unsupported-argument`; `port-in-use` when a given port is
   * taken, or no free one could be had; `folder-unusable` without a temporary folder; `process-exited` when
   * it ends while starting, with its standard error; `timeout`.
   */
  static async start(options: RegtestBitcoindOptions = {}): Promise<RegtestBitcoind> {
    const program = options.program ?? (await findBitcoind(options))
    return await RegtestBitcoind.#startIn(
      program,
      options.dataFolder,
      options.dataFolder === undefined,
      options,
    )
  }

  static async #startIn(
    program: Program,
    folder: string | undefined,
    ownsFolder: boolean,
    options: Pick<RegtestBitcoindOptions, 'args' | 'p2pPort' | 'keepOnFailure'>,
  ): Promise<RegtestBitcoind> {
    const args = options.args ?? []
    const given = readDaemonArguments(args)
    const dataFolder = folder ?? (await makeTemporaryFolder('sapwood-bitcoind-'))
    try {
      for (let attempt = 1; ; attempt++) {
        const p2pPort = options.p2pPort ?? (await freePort())
        const rpcPort = given.rpcPort ?? (await freePort())
        const keepOnFailure = options.keepOnFailure ?? false
        const layout: Layout = { dataFolder, ownsFolder, p2pPort, rpcPort, given, keepOnFailure }
        const bitcoind = await RegtestBitcoind.#launch(program, layout, args)
        try {
          await bitcoind.#waitUntilReady()
          return bitcoind
        } catch (error) {
          // The folder is used again, so it is not removed here.
          bitcoind.#rpc.close()
          await bitcoind.process.kill()
          const { stderr } = bitcoind.process
          if (!PORT_CLASH.test(stderr)) throw error
          const clash = RPC_CLASH.test(stderr)
            ? { port: rpcPort, chosen: given.rpcPort }
            : { port: p2pPort, chosen: options.p2pPort }
          if (clash.chosen === undefined && attempt < PORT_ATTEMPTS) continue
          const message = `bitcoind could not listen on port ${clash.port} of ${HOST}${bitcoind.#whereKept}`
          const facts = { cause: error, stderr, ...lastLines(bitcoind.log) }
          throw new IntegrationError('port-in-use', message, facts)
        }
      }
    } catch (error) {
      if (ownsFolder && options.keepOnFailure !== true) await removeFolder(dataFolder)
      throw error
    }
  }

  static async #launch(program: Program, layout: Layout, args: readonly string[]): Promise<RegtestBitcoind> {
    const command = [
      ...program.command,
      '-regtest',
      `-datadir=${layout.dataFolder}`,
      `-bind=${HOST}:${layout.p2pPort}`,
      `-rpcbind=${HOST}`,
      `-rpcallowip=${HOST}`,
      `-rpcport=${layout.rpcPort}`,
      '-server=1',
      '-listen=1',
      // Nothing leaves this machine.
      '-dnsseed=0',
      '-fixedseeds=0',
      '-discover=0',
      '-natpmp=0',
      '-listenonion=0',
      ...(await supportedSwitches(program)),
      '-fallbackfee=0.0001',
      '-printtoconsole=0',
      ...args,
    ]
    const removeFolder = layout.ownsFolder && !layout.keepOnFailure ? { removeFolder: layout.dataFolder } : {}
    const started = await startProcess(command, { environment: program.environment, ...removeFolder })
    return new RegtestBitcoind(program, started, layout)
  }

  /** Resolves when it has ended, in whatever way. */
  get exited(): Promise<ProcessExit> {
    return this.process.exited
  }

  /** Where peers reach it, as text: `127.0.0.1:PORT`. */
  get p2pHostAndPort(): string {
    return `${HOST}:${this.p2pPort}`
  }

  /**
   * Calls an RPC method: `await bitcoind.rpc<number>('getblockcount')`.
   * @throws IntegrationError `rpc-error` or `rpc-unreachable`; `process-exited` when it has ended.
   */
  async rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> {
    try {
      return await this.#rpc.call<T>(method, ...params)
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'rpc-unreachable') throw error
      const exit = await this.#exitWithin(EXIT_GRACE)
      throw exit === undefined ? error : this.#exitedError(exit, error)
    }
  }

  async #exitWithin(milliseconds: number): Promise<ProcessExit | undefined> {
    let stop = (): void => undefined
    const late = new Promise<undefined>((resolve) => {
      stop = startTimer(milliseconds, () => resolve(undefined))
    })
    const exit = await Promise.race([this.exited, late])
    stop()
    return exit
  }

  /**
   * Mines blocks on its tip.
   * @param address who gets the coins; by default a fixed address that nobody has the key of.
   * @returns the hashes, in text form, the oldest first.
   */
  async mine(count: number, address: string = NOBODYS_ADDRESS): Promise<string[]> {
    const hashes = await this.rpc<string[]>('generatetoaddress', count, address)
    // Its wallet hears of blocks a little later, and would not know yet that it has coins.
    await this.rpc('syncwithvalidationinterfacequeue')
    return hashes
  }

  /**
   * Mines blocks whose coins go to a script.
   * @returns the hashes, in text form, the oldest first.
   */
  async mineTo(script: Uint8Array, count = 1): Promise<string[]> {
    const bare = `raw(${bytesToHex(script)})`
    const { descriptor } = await this.rpc<{ descriptor: string }>('getdescriptorinfo', bare)
    return await this.rpc<string[]>('generatetodescriptor', count, descriptor)
  }

  /**
   * Mines until there are coins to pay with: 101 blocks for the first. No wallet of bitcoind is needed.
   * @param coins so many coinbases more, of 50 bitcoins each at the beginning.
   */
  async fund(coins = 1): Promise<void> {
    await this.#purse.fund(coins)
  }

  /**
   * Pays to a script, out of what `fund` has mined. The transaction is in the mempool; `mine(1)` confirms it.
   * @param amount satoshi.
   * @returns the transaction's id, in text form.
   * @throws IntegrationError `check-failed` where there is too little.
   */
  async pay(script: Uint8Array, amount: bigint): Promise<string> {
    return await this.#purse.pay(script, amount)
  }

  /**
   * Sets what bitcoind takes for the time of day. @param time seconds since 1970; 0 for the machine's own.
   */
  async setMockTime(time: number): Promise<void> {
    await this.rpc('setmocktime', time)
  }

  /**
   * Waits until a peer is connected, and its handshake done.
   * @param userAgent what its user agent has to be like; any by default.
   * @throws IntegrationError `timeout`
   */
  async waitForPeer(userAgent: RegExp = /(?:)/, timeout: number = PEER_TIMEOUT): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      const peers = await this.rpc<{ subver: string; version: number }[]>('getpeerinfo')
      return peers.some(({ subver, version }) => version > 0 && userAgent.test(subver))
    }
    await until(`a peer like ${String(userAgent)}`, timeout, isThere, () => lastLines(this.log))
  }

  /** Leaves the data folder where it is at the end, given `keepOnFailure`: a test of yours has failed. */
  keep(): void {
    this.#isKept = true
  }

  /**
   * Ends it, where it still runs, and starts another on the same data folder and the same port for peers.
   * This one must not be used any more. After `process.kill()` it is a start after a crash.
   * @param args instead of those of this one.
   */
  async restart({ args = [] }: Pick<RegtestBitcoindOptions, 'args'> = {}): Promise<RegtestBitcoind> {
    this.#rpc.close()
    await this.process.stop()
    this.#removed = Promise.resolve()
    const { program, dataFolder, p2pPort } = this
    return await RegtestBitcoind.#startIn(program, dataFolder, this.#ownsFolder, {
      args,
      p2pPort,
      keepOnFailure: this.#keepOnFailure,
    })
  }

  /** Asks it to end (SIGTERM), waits for that, and removes its data folder if it has its own. */
  async stop(): Promise<ProcessExit> {
    if (!this.process.running) this.#isKept ||= !this.#isAsked
    this.#isAsked = true
    this.#rpc.close()
    const exit = await this.process.stop()
    await this.#removeFolder()
    return exit
  }

  /** Ends it at once by SIGKILL, as a crash would, and removes its data folder if it has its own. */
  async kill(): Promise<ProcessExit> {
    this.#isAsked = true
    this.#rpc.close()
    const exit = await this.process.kill()
    await this.#removeFolder()
    return exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #removeFolder(): Promise<void> {
    if (this.#keepOnFailure && this.#isKept) return
    if (this.#ownsFolder) this.#removed ??= removeFolder(this.dataFolder)
    await this.#removed
  }

  async #waitUntilReady(): Promise<void> {
    const deadline = monotonicTime() + START_TIMEOUT
    for (;;) {
      try {
        await this.#rpc.call('getblockchaininfo')
        return
      } catch (error) {
        if (!isIntegrationError(error)) throw error
        if (!this.process.running) throw this.#exitedError(await this.exited, error)
        if (error.code === 'rpc-error' && error.rpcCode !== RPC_IN_WARMUP) throw error
        if (monotonicTime() > deadline) {
          const message = `bitcoind did not answer within ${START_TIMEOUT} ms${this.#whereKept}`
          const facts = { cause: error, stderr: this.process.stderr, ...lastLines(this.log) }
          throw new IntegrationError('timeout', message, facts)
        }
      }
      await sleep(POLL_INTERVAL)
    }
  }

  #exitedError(exit: ProcessExit, cause: unknown): IntegrationError {
    const how = exit.signal ?? `exit code ${String(exit.code)}`
    const said = this.process.stderr.trim()
    const message = `bitcoind ended by itself (${how})${said === '' ? '' : `: ${said}`}${this.#whereKept}`
    const { stderr } = this.process
    return new IntegrationError('process-exited', message, { cause, exit, stderr, ...lastLines(this.log) })
  }

  get #whereKept(): string {
    return this.#keepOnFailure ? `\nKept: ${this.dataFolder}` : ''
  }
}

interface Layout {
  readonly dataFolder: string
  readonly ownsFolder: boolean
  readonly p2pPort: number
  readonly rpcPort: number
  readonly given: DaemonArguments
  readonly keepOnFailure: boolean
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** A P2WPKH address of regtest over twenty zero bytes. */
const NOBODYS_ADDRESS = 'bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202'

/**
 * Bitcoin Knots starts a Tor of its own where one is installed, and keeps transactions of lock time 21 out
 * of its pool, and a wallet gives that to one payment in a thousand, by chance, up to height 120.
 */
const KNOTS_SWITCHES = ['-torexecute=', '-rejectparasites=0']

const switchesOf = new Map<string, Promise<readonly string[]>>()

/** Switches that only some builds know. */
async function supportedSwitches(program: Program): Promise<readonly string[]> {
  const key = program.command.join('\0')
  let switches = switchesOf.get(key)
  if (switches === undefined) {
    switches = runCommand([...program.command, '-help'], { environment: program.environment }).then((help) =>
      KNOTS_SWITCHES.filter((argument) => new RegExp(`^\\s*${argument.split('=')[0]}\\b`, 'm').test(help)),
    )
    switchesOf.set(key, switches)
    // A program that could not be run may be installed anew meanwhile.
    switches.catch(() => switchesOf.delete(key))
  }
  return await switches
}
