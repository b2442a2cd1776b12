import {
  asBlockHash,
  InventoryType,
  isBlockEntry,
  type Message,
  type NetworkAddress,
  regtest,
  Services,
  type Transaction,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import { createPeer, type Peer, peerId, type PeerInfo } from '@sapwood/peer'
import {
  accept,
  type ByteStream,
  type Dialer,
  streamPair,
  type TransportProtocol,
} from '@sapwood/transport-v1v2'
import { type Clock, type Random, systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { listenTcp, type TcpListener } from '@sapwood/transport-v1v2/tcp'
import { IntegrationError } from '../errors/integration-error.ts'
import { RegtestChain } from './regtest-chain.ts'
import { proofServices } from './regtest-proofs.ts'
import { namesOf, regtestServices } from './regtest-services.ts'

const USER_AGENT = '/sapwood-regtest:0.1.0/'
/** Satoshi per 1,000 virtual bytes that it says it wants (Core 29, `DEFAULT_MIN_RELAY_TX_FEE`; BIP133). */
const FEE_FILTER = 1_000n
/** What `getheaders` says of us. */
const PROTOCOL_VERSION = 70_016
const NO_STOP = asBlockHash(new Uint8Array(32))

/** What an embedded peer serves, and how it is reached. */
export interface RegtestPeerOptions {
  /** What it serves; by default a chain of 100 blocks. */
  readonly chain?: RegtestChain
  /** The protocols that it speaks; both by default. */
  readonly protocols?: readonly TransportProtocol[]
  /** Port on 127.0.0.1; a free one by default. */
  readonly port?: number
  /** BIP14. */
  readonly userAgent?: string
  /**
   * Service bits; by default NETWORK, NETWORK_LIMITED, WITNESS, UTREEXO and UTREEXO_ARCHIVE (each block's
   * proof is served) and, where it speaks v2, P2P_V2.
   */
  readonly services?: bigint
}

/** What an embedded peer works with. */
export interface RegtestPeerComponents {
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * A peer inside this process that serves a regtest chain as Bitcoin Core would, with its Utreexo proofs: for
 * tests that can have no bitcoind.
 */
export interface RegtestPeer extends AsyncDisposable {
  /** What is served; give it another to make it reorganise. `announce()` tells the connected peers. */
  chain: RegtestChain
  /** The connections of now whose transport is agreed on. */
  connections(): readonly PeerInfo[]
  /** Sends the header of its tip to every connected peer (BIP130). */
  announce(): void
  /** Announces a transaction to every connected peer, and serves it to those that ask. */
  offer(transaction: Transaction): void
  /** Serves a stream that somebody opened to it; resolves when that connection has ended. */
  serve(stream: ByteStream): Promise<void>
  /** Ends every connection. */
  stop(): Promise<void>
}

/** A regtest peer that listens. */
export interface ListeningRegtestPeer extends RegtestPeer {
  readonly address: NetworkAddress
  readonly port: number
}

/** Makes a peer that answers the streams that it is given (`serve`), and listens nowhere. */
export function createRegtestPeer(
  options: RegtestPeerOptions = {},
  components: RegtestPeerComponents = {},
): RegtestPeer {
  return new EmbeddedPeer(options, components)
}

/**
 * Starts a peer that listens on 127.0.0.1.
 * @throws IntegrationError `port-in-use` when the port that was asked for is taken.
 */
export async function startRegtestPeer(
  options: RegtestPeerOptions = {},
  components: RegtestPeerComponents = {},
): Promise<ListeningRegtestPeer> {
  const peer = new EmbeddedPeer(options, components)
  let listener: TcpListener
  try {
    listener = await listenTcp({ port: options.port ?? 0 }, (stream) => void peer.serve(stream))
  } catch (cause) {
    const message = `port ${options.port ?? 0} of 127.0.0.1 cannot be listened on`
    throw new IntegrationError('port-in-use', message, { cause })
  }
  const address: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: listener.port }
  const stopPeer = peer.stop.bind(peer)
  return Object.assign(peer, {
    address,
    port: listener.port,
    stop: async (): Promise<void> => {
      await stopPeer()
      await listener.close()
    },
  })
}

/** A dialer that reaches one peer of this process, whatever address it is given, over memory. */
export function createMemoryDialer(peer: Pick<RegtestPeer, 'serve'>): Dialer {
  return {
    dial: ({ network }, { signal }) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error)
      if (network === 'name') return Promise.reject(new TypeError('a name leads nowhere in memory'))
      const [ours, theirs] = streamPair()
      void peer.serve(theirs)
      return Promise.resolve(ours)
    },
  }
}

class EmbeddedPeer implements RegtestPeer {
  chain: RegtestChain
  readonly #options: RegtestPeerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #peers = new Map<number, Peer>()
  readonly #serving = new Set<Promise<void>>()
  readonly #transactions = new Map<string, Transaction>()
  readonly #proofs: ReturnType<typeof proofServices>
  readonly #end = new AbortController()
  #nextId = 0

  constructor(options: RegtestPeerOptions, components: RegtestPeerComponents) {
    this.#options = options
    this.chain = options.chain ?? new RegtestChain({ blocks: 100 })
    this.#proofs = proofServices(() => this.chain)
    this.#clock = components.clock ?? systemClock
    this.#random = components.random ?? systemRandom
  }

  connections(): readonly PeerInfo[] {
    return [...this.#peers.values()].map((peer) => peer.info())
  }

  announce(): void {
    const tip = this.chain.at(this.chain.height)
    if (tip === undefined) return
    for (const peer of this.#ready()) peer.send({ type: 'headers', headers: [tip.block.header] })
  }

  offer(transaction: Transaction): void {
    for (const name of namesOf(transaction)) this.#transactions.set(name, transaction)
    for (const peer of this.#ready()) {
      const byWtxid = peer.info().wtxidRelay
      const entry = byWtxid
        ? { type: InventoryType.WTX, hash: wtxid(transaction) }
        : { type: InventoryType.TX, hash: txid(transaction) }
      peer.send({ type: 'inv', inventory: [entry] })
    }
  }

  async serve(stream: ByteStream): Promise<void> {
    const serving = this.#answer(stream).catch(() => undefined)
    this.#serving.add(serving)
    await serving
    this.#serving.delete(serving)
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('the regtest peer stops'))
    await Promise.all(this.#serving)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #ready(): readonly Peer[] {
    return [...this.#peers.values()].filter((peer) => peer.state === 'ready')
  }

  async #answer(stream: ByteStream): Promise<void> {
    const { protocols = ['v1', 'v2'] } = this.#options
    const components = { clock: this.#clock, random: this.#random }
    const options = { network: regtest, protocols, signal: this.#end.signal }
    const transport = await accept(stream, options, components)
    const id = peerId(this.#nextId++)
    const services = { ...regtestServices(() => this.chain, this.#transactions), ...this.#proofs }
    const peer = createPeer(
      transport,
      {
        id,
        kind: 'inbound',
        network: regtest,
        version: {
          userAgent: this.#options.userAgent ?? USER_AGENT,
          services: this.#options.services ?? defaultServices(protocols),
          startHeight: this.chain.height,
        },
        feeFilter: FEE_FILTER,
        // Whoever dials it is the program that is tested, and is served as fast as it asks.
        limits: { work: false },
        signal: this.#end.signal,
      },
      { ...components, services },
    )
    this.#peers.set(id, peer)
    // What the remote sends unasked is taken off its hands, or it would not be read any further.
    for await (const { message } of peer.messages()) {
      if (message.type === 'disconnected') break
      if (message.type === 'message' && this.#isNews(message.message)) {
        const locator = [this.chain.tip, regtest.genesisHash]
        peer.send({ type: 'getheaders', version: PROTOCOL_VERSION, locator, stopHash: NO_STOP })
      }
    }
    this.#peers.delete(id)
  }

  /** Whether it announces a block that is not ours: Core asks for its header, and so do we, who take none. */
  #isNews(message: Message): boolean {
    return (
      message.type === 'inv' &&
      message.inventory.some(
        ({ type, hash }) => isBlockEntry(type) && this.chain.heightOf(asBlockHash(hash)) === undefined,
      )
    )
  }
}

function defaultServices(protocols: readonly TransportProtocol[]): bigint {
  const blocks = Services.NETWORK | Services.NETWORK_LIMITED | Services.WITNESS
  const always = blocks | Services.UTREEXO | Services.UTREEXO_ARCHIVE
  return protocols.includes('v2') ? always | Services.P2P_V2 : always
}
