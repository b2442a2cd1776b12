import { hashToHex } from '@sapwood/wire-codec'
import type { FindBitcoindOptions } from '../bitcoind/find-bitcoind.ts'
import { findBitcoind } from '../bitcoind/find-bitcoind.ts'
import { mineWithPayments } from '../bitcoind/funded-chain.ts'
import { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { IntegrationError } from '../errors/integration-error.ts'
import { makeFolder } from '../programs/usable-folder.ts'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import { type ListeningRegtestPeer, startRegtestPeer } from '../regtest/regtest-peer.ts'
import { onlySession, type SyncTarget } from './sync-run.ts'

/** Where the peers of the runs come from: a bitcoind, or this process itself. */
export interface RunHost extends AsyncDisposable {
  readonly kind: 'bitcoind' | 'embedded'
  /** What the peer is, in a line. */
  readonly description: string
  /** Whether its chain was begun now, and is none of an earlier start. */
  readonly isNewChain: boolean
  /**
   * A peer with the chain, which speaks v2 as well as v1, or v1 alone. One at a time: an earlier one is gone
   * then.
   */
  target(protocol: 'v1' | 'v2'): Promise<SyncTarget>
  /** Rejects when the peer ends although nobody asked it to; never resolves. */
  readonly failed: Promise<never>
}

export interface RunHostOptions {
  /** Blocks that its chain has at least. */
  readonly blocks: number
  readonly port: number | undefined
}

/** Blocks mined on a chain of an earlier start, so that there is something new. */
const NEW_BLOCKS = 10

/**
 * Starts a bitcoind on a data folder that may be there from an earlier start, and has it mine.
 * @throws IntegrationError `program-not-found`, `port-in-use`, `process-exited`
 */
export async function bitcoindHost(
  options: RunHostOptions & { readonly dataFolder: string },
  find: FindBitcoindOptions = {},
): Promise<RunHost> {
  const program = await findBitcoind(find)
  const { port, dataFolder } = options
  await makeFolder(dataFolder, 'give --data a folder that can be written')
  const p2pPort = port === undefined ? {} : { p2pPort: port }
  const first = await RegtestBitcoind.start({ program, dataFolder, ...p2pPort })
  const host = new BitcoindHost(first)
  try {
    const height = await first.rpc<number>('getblockcount')
    host.isNewChain = height === 0
    if (height === 0) await mineWithPayments(first, options.blocks)
    else await first.mine(Math.max(NEW_BLOCKS, options.blocks - height))
    return await host.describe()
  } catch (error) {
    await host[Symbol.asyncDispose]()
    throw error
  }
}

class BitcoindHost implements RunHost {
  readonly kind = 'bitcoind'
  description = ''
  isNewChain = false
  readonly failed: Promise<never>
  #fail!: (error: Error) => void
  #bitcoind: RegtestBitcoind
  #protocol: 'v1' | 'v2' = 'v2'
  #changing = false

  constructor(bitcoind: RegtestBitcoind) {
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => undefined)
    this.#bitcoind = bitcoind
    this.#watch(bitcoind)
  }

  async describe(): Promise<this> {
    const { subversion } = await this.#bitcoind.rpc<{ subversion: string }>('getnetworkinfo')
    const { origin, command } = this.#bitcoind.program
    this.description = `bitcoind ${subversion} (${origin}: ${command.at(-1) ?? ''})`
    return this
  }

  async target(protocol: 'v1' | 'v2'): Promise<SyncTarget> {
    if (protocol !== this.#protocol) {
      this.#changing = true
      this.#bitcoind = await this.#bitcoind.restart({ args: protocol === 'v1' ? ['-v2transport=0'] : [] })
      this.#changing = false
      this.#protocol = protocol
      this.#watch(this.#bitcoind)
    }
    const bitcoind = this.#bitcoind
    const height = await bitcoind.rpc<number>('getblockcount')
    const tip = await bitcoind.rpc<string>('getbestblockhash')
    const sessionId = async (): Promise<string> => {
      const infos = await bitcoind.rpc<{ session_id?: string }[]>('getpeerinfo')
      return onlySession(infos.map((info) => info.session_id))
    }
    return { address: bitcoind.p2pAddress, height, tip, sessionId }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changing = true
    await this.#bitcoind.stop()
  }

  #watch(bitcoind: RegtestBitcoind): void {
    void bitcoind.exited.then((exit) => {
      if (this.#changing || bitcoind !== this.#bitcoind) return
      const how = exit.signal ?? `exit code ${String(exit.code)}`
      const said = bitcoind.process.stderr.trim()
      const message = `bitcoind ended by itself (${how})${said === '' ? '' : `: ${said}`}`
      this.#fail(new IntegrationError('process-exited', message, { exit, stderr: bitcoind.process.stderr }))
    })
  }
}

/** Transactions in each block of the embedded peer's chain, once there are coins to spend. */
const EMBEDDED_TRANSACTIONS = 3

/**
 * Mines a chain in memory, and serves it from this process.
 * @throws IntegrationError `port-in-use`
 */
export async function embeddedHost(options: RunHostOptions): Promise<RunHost> {
  const chain = new RegtestChain({ blocks: options.blocks, transactions: EMBEDDED_TRANSACTIONS })
  const start = (protocol: 'v1' | 'v2', port: number | undefined): Promise<ListeningRegtestPeer> =>
    startRegtestPeer({
      chain,
      protocols: protocol === 'v1' ? ['v1'] : ['v1', 'v2'],
      ...(port !== undefined && { port }),
    })
  let peer = await start('v2', options.port)
  return {
    kind: 'embedded',
    description: 'the embedded peer of this process',
    // It is made anew, and the same each time.
    isNewChain: false,
    target: async (protocol) => {
      await peer.stop()
      peer = await start(protocol, options.port)
      const serving = peer
      return {
        address: peer.address,
        height: chain.height,
        tip: hashToHex(chain.tip),
        sessionId: () => Promise.resolve(onlySession(serving.connections().map((info) => info.sessionId))),
      }
    },
    failed: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => peer.stop(),
  }
}
