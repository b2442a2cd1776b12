import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime, sleep } from '../programs/default-sleep.ts'
import type { FindProgramOptions, Program } from '../programs/find-program.ts'
import { freePort } from '../programs/free-port.ts'
import { runCommand } from '../programs/run-command.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { makeTemporaryFolder } from '../programs/usable-folder.ts'
import { findTorPrograms } from './programs.ts'
import { clientTorrc, relayTorrc, type TorrcBase } from './torrc.ts'

/** Three make a consensus that survives the loss of one, and circuits of three hops. */
const AUTHORITIES = 3
const RELAYS = 2
/** Longest until the authorities have agreed on the relays, milliseconds; about 8,000 on two idle cores. */
const CONSENSUS_TIMEOUT = 2 * MINUTE
/** Milliseconds between two looks at it. */
const CONSENSUS_INTERVAL = 100
/** Longest until a client has made its first circuit, milliseconds; about 1,000 on two idle cores. */
const BOOTSTRAP_TIMEOUT = 2 * MINUTE

/** How large a Tor network is made. */
export interface TestingTorNetworkOptions {
  readonly find?: FindProgramOptions
}

/** How a client of the Tor network is started. */
export interface TorClientOptions {
  /** Also taken on the control port, beside the cookie. */
  readonly controlPassword?: string
}

/** One `tor` process that uses the network. Everything it listens on is on 127.0.0.1. */
export interface TorClient {
  readonly host: string
  readonly socksPort: number
  readonly controlPort: number
  /** Path of its authentication cookie. */
  readonly cookieFile: string
  readonly pid: number
  /** Ends it and starts it again on the same ports, with the same data; resolves when it can be used. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * A whole Tor network of real `tor` processes on 127.0.0.1: three directory authorities and two more relays,
 * all of them exits to this machine, and as many clients as are asked for. It contacts nothing outside the
 * machine: every process binds its connections to the loopback address.
 *
 * @example
 * const network = await TestingTorNetwork.start()
 * const client = await network.startClient()
 * // … SOCKS on client.socksPort, control on client.controlPort
 * await network.stop()
 */
export class TestingTorNetwork implements AsyncDisposable {
  readonly #folder: string
  readonly #tor: Program
  readonly #processes: RunningProcess[] = []
  readonly #clients: StartedClient[] = []
  #authorities: readonly string[] = []
  #clientCount = 0

  private constructor(folder: string, tor: Program) {
    this.#folder = folder
    this.#tor = tor
  }

  /**
   * Starts the authorities and relays. `tor` is found or installed first.
   * @throws IntegrationError
   */
  static async start(options: TestingTorNetworkOptions = {}): Promise<TestingTorNetwork> {
    const { tor, torGencert } = await findTorPrograms(options.find)
    const folder = await makeTemporaryFolder('sapwood-tor-')
    const network = new TestingTorNetwork(folder, tor)
    try {
      await network.#startRelays(torGencert)
      return network
    } catch (error) {
      await network.stop()
      throw error
    }
  }

  /** Pids of all processes that run now. */
  get pids(): readonly number[] {
    return [...this.#processes, ...this.#clients.map((client) => client.process)]
      .filter((process) => process.running)
      .map((process) => process.pid)
  }

  /** Starts one more client, and waits until it has made a circuit. */
  async startClient(options: TorClientOptions = {}): Promise<TorClient> {
    const base = await this.#base(`client${this.#clientCount++}`)
    const [socksPort, controlPort] = [await freePort(), await freePort()]
    const { controlPassword } = options
    const hashedPassword = controlPassword === undefined ? undefined : await this.#hash(controlPassword)
    const torrc = await this.#writeTorrc(base, clientTorrc(base, { socksPort, controlPort, hashedPassword }))
    const client = new StartedClient(
      { socksPort, controlPort, cookieFile: join(base.dataDirectory, 'control_auth_cookie') },
      () => this.#startTor(torrc),
    )
    this.#clients.push(client)
    await client.start()
    return client
  }

  /** Ends every process and removes all files. */
  async stop(): Promise<void> {
    await Promise.all([
      ...this.#clients.map((client) => client.stop()),
      ...this.#processes.map((process) => process.stop()),
    ])
    await rm(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #startRelays(torGencert: Program): Promise<void> {
    await writeFile(this.#resolvConf, 'nameserver 127.0.0.1\n')
    const names = Array.from({ length: AUTHORITIES }, (_, index) => `authority${index}`)
    const authorities = await Promise.all(names.map((name) => this.#makeAuthority(name, torGencert)))
    this.#authorities = authorities.map(({ line }) => line)
    const relays = [...authorities]
    const others = Array.from({ length: RELAYS }, async (_, index) => {
      const nickname = `relay${index}`
      return { nickname, orPort: await freePort() }
    })
    for (const relay of [...relays, ...(await Promise.all(others))]) {
      const base = await this.#base(relay.nickname)
      this.#processes.push(await this.#startTor(await this.#writeTorrc(base, relayTorrc(base, relay))))
    }
    // A client that starts before there is a consensus, or with one that misses relays, tries again only
    // after long pauses.
    await Promise.all(authorities.map(({ nickname }) => this.#waitForConsensus(nickname)))
  }

  /** Waits until an authority has published a consensus that holds every relay. */
  async #waitForConsensus(authority: string): Promise<void> {
    const file = join(this.#folder, authority, 'cached-microdesc-consensus')
    const deadline = monotonicTime() + CONSENSUS_TIMEOUT
    for (;;) {
      const consensus = await readFile(file, 'utf8').catch(() => '')
      if ([...consensus.matchAll(/^s .*\bRunning\b/gm)].length === AUTHORITIES + RELAYS) return
      if (monotonicTime() > deadline) {
        const message = `The authorities did not agree on all relays within ${CONSENSUS_TIMEOUT} ms`
        throw new IntegrationError('timeout', message)
      }
      await sleep(CONSENSUS_INTERVAL)
    }
  }

  /** Makes the keys of an authority, and the line by which the others know it. */
  async #makeAuthority(nickname: string, torGencert: Program): Promise<Authority> {
    const { dataDirectory } = await this.#base(nickname)
    const keys = join(dataDirectory, 'keys')
    await mkdir(keys, { recursive: true, mode: 0o700 })
    const [orPort, directoryPort] = [await freePort(), await freePort()]
    const command = [...torGencert.command, '--create-identity-key', '--passphrase-fd', '0', '-m', '12']
    command.push('-a', `127.0.0.1:${directoryPort}`, '-i', 'authority_identity_key')
    command.push('-s', 'authority_signing_key', '-c', 'authority_certificate')
    // The passphrase of a key that is thrown away with the network.
    await runCommand(['/bin/sh', '-c', 'echo passphrase | "$0" "$@"', ...command], {
      cwd: keys,
      environment: torGencert.environment,
    })
    const identity = /^fingerprint (\S+)/m.exec(
      await readFile(join(keys, 'authority_certificate'), 'utf8'),
    )?.[1]
    const listed = await this.#run([
      ...['--quiet', '--ignore-missing-torrc', '-f', join(this.#folder, 'no-torrc'), '--list-fingerprint'],
      // It only looks at itself as a relay if it knows some network.
      ...['--ORPort', '1', '--DirAuthority', `none 127.0.0.1:1 ${'f'.repeat(40)}`],
      ...['--DataDirectory', dataDirectory, '--Nickname', nickname],
    ])
    const fingerprint = /^\S+ ((?:[0-9A-F]{4} ?){10})$/m.exec(listed.trim())?.[1]?.replaceAll(' ', '')
    if (identity === undefined || fingerprint === undefined) {
      throw new IntegrationError('command-failed', `tor gave no fingerprint: ${listed}`)
    }
    const address = `127.0.0.1:${directoryPort}`
    const line = `${nickname} orport=${orPort} v3ident=${identity} ${address} ${fingerprint}`
    return { nickname, orPort, directoryPort, line }
  }

  async #base(name: string): Promise<TorrcBase> {
    const dataDirectory = join(this.#folder, name)
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
    return { dataDirectory, authorities: this.#authorities, resolvConf: this.#resolvConf }
  }

  get #resolvConf(): string {
    return join(this.#folder, 'resolv.conf')
  }

  async #writeTorrc(base: TorrcBase, text: string): Promise<string> {
    const path = join(base.dataDirectory, 'torrc')
    await writeFile(path, text)
    return path
  }

  async #startTor(torrc: string): Promise<RunningProcess> {
    const command = [...this.#tor.command, '--defaults-torrc', '/dev/null', '-f', torrc]
    const options = { environment: this.#tor.environment, removeFolder: this.#folder }
    return await startProcess(command, options)
  }

  async #hash(password: string): Promise<string> {
    const output = await this.#run(['--quiet', '--hash-password', password])
    return output.trim().split('\n').at(-1) ?? ''
  }

  async #run(args: readonly string[]): Promise<string> {
    return await runCommand([...this.#tor.command, ...args], { environment: this.#tor.environment })
  }
}

interface Authority {
  readonly nickname: string
  readonly orPort: number
  readonly directoryPort: number
  readonly line: string
}

class StartedClient implements TorClient {
  readonly host = '127.0.0.1'
  readonly socksPort: number
  readonly controlPort: number
  readonly cookieFile: string
  readonly #startTor: () => Promise<RunningProcess>
  #process: RunningProcess | undefined

  constructor(
    place: { readonly socksPort: number; readonly controlPort: number; readonly cookieFile: string },
    startTor: () => Promise<RunningProcess>,
  ) {
    this.socksPort = place.socksPort
    this.controlPort = place.controlPort
    this.cookieFile = place.cookieFile
    this.#startTor = startTor
  }

  get process(): RunningProcess {
    if (this.#process === undefined) throw new IntegrationError('process-exited', 'tor has not been started')
    return this.#process
  }

  get pid(): number {
    return this.process.pid
  }

  async start(): Promise<void> {
    this.#process = await this.#startTor()
    await this.#process.waitForOutput(/Bootstrapped 100%/, BOOTSTRAP_TIMEOUT)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
  }
}
