import { type Block, type BlockHash, bytesEqual, regtest } from '@sapwood/wire-codec'
import {
  createPeer,
  type DisconnectReport,
  type HeadersQuery,
  type Peer,
  type PeerServices,
} from '@sapwood/peer'
import {
  accept,
  type ByteStream,
  connect,
  neverFallback,
  onlyV1,
  type Transport,
} from '@sapwood/transport-v1v2'
import type { Clock, Random } from '@sapwood/transport-v1v2/environment'
import { FULL_NODE } from '../support/addresses.ts'
import { filterServices } from '../support/filter-services.ts'
import { genesis, idOf } from './world.ts'

/** `COMPACT_FILTERS` of BIP157. */
const COMPACT_FILTERS = 1n << 6n
/** Core: `MAX_HEADERS_RESULTS`. */
const MAX_HEADERS = 2_000

export interface HonestPeerInit {
  readonly stream: ByteStream
  readonly dialled: boolean
  readonly protocol: 'v1' | 'v2'
  readonly clock: Clock
  readonly random: Random
  /** Its chain at this moment, from height 1 on. */
  readonly chain: () => readonly Block[]
}

/** A full node as far as the protocol goes: our own peer, with everything served from a chain. */
export class HonestPeer {
  readonly #init: HonestPeerInit
  peer: Peer | undefined
  /** How its connection ended, once it has. */
  report: DisconnectReport | undefined
  /** It was ended before there was a transport. */
  failure: unknown

  constructor(init: HonestPeerInit) {
    this.#init = init
    void this.#run()
  }

  get isReady(): boolean {
    return this.peer?.state === 'ready'
  }

  get ended(): boolean {
    return this.report !== undefined || this.failure !== undefined
  }

  /** Tells of the last blocks of its chain. */
  announce(count: number): void {
    if (!this.isReady) return
    this.peer!.send({
      type: 'headers',
      headers: this.#init
        .chain()
        .slice(-count)
        .map(({ header }) => header),
    })
  }

  stop(): void {
    void this.peer?.disconnect()
    this.#init.stream.abort(new Error('the run is over'))
  }

  async #run(): Promise<void> {
    const { clock, random, chain, dialled } = this.#init
    try {
      const transport = await this.#agree()
      const peer = createPeer(
        transport,
        {
          kind: dialled ? 'outbound-full-relay' : 'inbound',
          network: regtest,
          version: { services: FULL_NODE | COMPACT_FILTERS, startHeight: chain().length },
        },
        { clock, random, services: chainServices(chain) },
      )
      this.peer = peer
      peer.handshake.catch(() => undefined)
      void this.#listen(peer)
      this.report = await peer.closed
    } catch (error) {
      this.failure = error
    }
  }

  async #listen(peer: Peer): Promise<void> {
    for await (const { message } of peer.messages()) if (message.type === 'disconnected') return
  }

  async #agree(): Promise<Transport> {
    const { stream, dialled, protocol, clock, random } = this.#init
    if (!dialled) return accept(stream, { network: regtest }, { clock, random })
    return connect(
      { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18444 },
      {
        network: regtest,
        dialer: { dial: () => Promise.resolve(stream) },
        fallback: protocol === 'v1' ? onlyV1 : neverFallback,
      },
      { clock, random },
    )
  }
}

/** Everything that is served from a chain. */
export function chainServices(chain: () => readonly Block[]): PeerServices {
  const find = (hash: Uint8Array): number => chain().findIndex((block) => bytesEqual(idOf(block), hash))
  const after = ({ locator }: HeadersQuery): readonly Block[] => {
    for (const hash of locator) {
      const index = find(hash)
      if (index >= 0) return chain().slice(index + 1)
    }
    return chain()
  }
  const blocksNow = (): readonly Block[] => [genesis, ...chain()]
  return {
    headers: (query) =>
      after(query)
        .slice(0, MAX_HEADERS)
        .map(({ header }) => header),
    blockHashes: (query) => after(query).map((block): BlockHash => idOf(block)),
    block: (hash) => blocksNow().find((block) => bytesEqual(idOf(block), hash)),
    blockTransactions: ({ blockHash: hash, indexes }) => {
      const block = chain()[find(hash)]
      const wanted = indexes.map((index) => block?.transactions[index])
      return wanted.every((transaction) => transaction !== undefined) ? wanted : undefined
    },
    ...filterServices(blocksNow),
  }
}
