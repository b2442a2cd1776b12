import {
  asBlockHash,
  type BlockHash,
  blockHash,
  type BlockHeader,
  type CompactBlock,
  hasServices,
  hashToHex,
  isBlockEntry,
  type InventoryPayload,
  Services,
} from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId } from '@sapwood/peer'
import type { Clock, Instant, Logger } from '@sapwood/transport-v1v2/environment'
import type { BlockFault } from '../blocks/block-check.ts'
import type { BlockDownloadAction, BlockToCheck, DownloadedBlock } from '../blocks/block-download-action.ts'
import type { BlockDownload } from '../blocks/block-download.ts'
import type { ChainSyncDuty } from '../chain/chain-sync-guard.ts'
import type { BlockRef, ChainEntry, TipChange } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { HeadersPayload, headersOf } from '../chain/header-source.ts'
import type { HeaderSync } from '../chain/header-sync.ts'
import type { HeaderSyncAction } from '../chain/header-sync-action.ts'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'
import type { EventSink } from '../events/event-source.ts'
import type { ChainEvents } from '../chain/chain-events.ts'
import type { BlockEvents } from '../blocks/block-events.ts'
import type { BlockChecks } from './block-checks.ts'
import { BlockStreams } from './block-streams.ts'
import type { CallQueue } from './call-queue.ts'
import { inventoryOf, type NodePart, type ReceivedMessage } from './node-part.ts'
import { doToPeer, type PeerActionComponents } from './peer-actions.ts'

type Action = HeaderSyncAction | BlockDownloadAction

export interface ChainDriverComponents extends PeerActionComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly chain: HeaderChain
  readonly headerSync: HeaderSync
  readonly download: BlockDownload
  readonly events: EventSink<ChainEvents & BlockEvents>
  readonly calls: Pick<CallQueue, 'post'>
  /** Who is told of blocks and of a new tip. */
  readonly parts: Required<Pick<NodePart, 'block' | 'tipChanged'>>
  /** Where blocks are checked; needed where the download was told that they are checked elsewhere. */
  readonly checks?: BlockChecks
  /** A program has taken blocks. */
  readonly onTaken: () => void
}

/**
 * Joins the header sync and the block download to the peers: tells them what came, and does what they say.
 */
export class ChainDriver implements NodePart {
  /** Where programs wait for blocks. */
  readonly streams: BlockStreams
  readonly #parts: ChainDriverComponents
  /** Peers that the two machines know. */
  readonly #peers = new Set<PeerId>()

  constructor(components: ChainDriverComponents) {
    this.#parts = components
    const { clock, download, calls, onTaken } = components
    this.streams = new BlockStreams({
      download,
      now: () => clock.now(),
      run: (actions) => this.run(actions),
      onLoop: (call, run) => calls.post(call, run),
      onTaken,
    })
  }

  get isBusy(): boolean {
    return this.#parts.download.inFlight > 0
  }

  /** Peers that headers can come from. */
  get peers(): number {
    return this.#peers.size
  }

  /** The block with the most work that a peer is known to have. */
  bestOf(peer: PeerId): ChainEntry | undefined {
    return this.#parts.headerSync.bestOf(peer)
  }

  /** Headers that a peer sent as an answer to another question: they may be those that the sync asked for. */
  sent(peer: PeerId, headers: readonly BlockHeader[]): void {
    if (this.#peers.has(peer))
      this.run(this.#parts.headerSync.onHeaders(peer, headersOf(headers), this.#now()))
  }

  ready(record: ReadyConnection): void {
    if (!takesPart(record)) return
    this.#peers.add(record.id)
    const { headerSync, download } = this.#parts
    const now = this.#now()
    const preferred = record.kind !== 'inbound'
    const { services } = record.version
    this.run(
      download.addPeer(
        record.id,
        { serves: whatIsServed(services), preferred, protected: record.protected },
        now,
      ),
    )
    const chainSync = chainSyncDuty(record)
    this.run(headerSync.addPeer(record.id, { preferred, protected: record.protected, chainSync }, now))
  }

  closed({ id }: ConnectionRecord): void {
    if (!this.#peers.delete(id)) return
    const now = this.#now()
    this.run(this.#parts.headerSync.removePeer(id, now))
    this.run(this.#parts.download.removePeer(id, now))
  }

  asksAhead({ id }: ReadyConnection, { message, payload }: ReceivedMessage, at: Instant): boolean {
    if (message.type !== 'headers' || !this.#peers.has(id)) return false
    const headers = new HeadersPayload(payload, () => message.headers)
    const actions = this.#parts.headerSync.askAhead(id, headers, at)
    this.run(actions, id)
    return actions.length > 0
  }

  message(record: ReadyConnection, received: ReceivedMessage, at: Instant): void {
    const { message } = received
    const { headerSync, download } = this.#parts
    switch (message.type) {
      case 'headers': {
        const headers = new HeadersPayload(received.payload, () => message.headers)
        this.#forKnown(record, () => headerSync.onHeaders(record.id, headers, at))
        if (headers.length > 0) this.#showProgress(record)
        return
      }
      case 'block':
        this.#forKnown(record, () => headerSync.onBlockHeader(record.id, message.block.header, false, at))
        this.#forKnown(record, () => download.onBlock(record.id, message.block, at))
        return
      case 'sendcmpct':
        download.onSendCompact(record.id, message.version)
        return
      case 'cmpctblock':
        this.#forKnown(record, () => this.#compactBlock(record, message.compactBlock, at))
        return
      case 'blocktxn':
        this.#forKnown(record, () =>
          download.onBlockTransactions(record.id, message.blockHash, message.transactions, at),
        )
        return
      case 'inv': {
        const blocks = blockHashes(inventoryOf(received))
        if (blocks.length > 0)
          this.#forKnown(record, () => headerSync.onBlockInventory(record.id, blocks, at))
        return
      }
      case 'notfound': {
        const blocks = blockHashes(inventoryOf(received))
        if (blocks.length > 0) this.#forKnown(record, () => download.onNotFound(record.id, blocks, at))
        return
      }
      default:
        return
    }
  }

  #checked(block: BlockToCheck, fault: BlockFault | undefined): void {
    this.run(this.#parts.download.onChecked(block, fault, this.#now()), block.peer)
  }

  /**
   * Its header first, as if it had been announced; but the block is then not asked for,
   * since it is here in part.
   */
  #compactBlock(record: ConnectionRecord, compactBlock: CompactBlock, at: Instant): Action[] {
    const { headerSync, download } = this.#parts
    const actions = headerSync.onBlockHeader(record.id, compactBlock.header, true, at)
    download.expectCompactBlock(record.id, blockHash(compactBlock.header), at)
    this.run(actions, record.id)
    return download.onCompactBlock(record.id, compactBlock, at)
  }

  #showProgress(record: ConnectionRecord): void {
    const { height, hash } = this.#parts.chain.tip()
    this.#parts.events.emit('headers-progress', { tip: { height, hash }, from: record.id })
  }

  #forKnown(record: ConnectionRecord, act: () => Action[]): void {
    // A short-lived connection's headers and blocks are nobody's business.
    if (this.#peers.has(record.id)) this.run(act(), record.id)
  }

  tick(now: Instant): void {
    this.run(this.#parts.headerSync.tick(now))
    this.run(this.#parts.download.tick(now))
  }

  stop(): void {
    this.streams.stop()
  }

  /** Does what a machine said. What follows from one action is done before the next. */
  run(actions: readonly Action[], from?: PeerId): void {
    for (const action of actions) this.#do(action, from)
  }

  #do(action: Action, from: PeerId | undefined): void {
    const { streams } = this
    const { download, checks } = this.#parts
    switch (action.type) {
      case 'send':
      case 'punish':
      case 'disconnect':
        doToPeer(action, this.#parts)
        return
      case 'check':
        checks?.check(action, (fault) => this.#checked(action, fault))
        return
      case 'tip-changed':
        this.moveTip(action.change, from)
        return
      case 'peer-has':
        this.run(download.peerHas(action.peer, action.hash, this.#now()))
        return
      case 'deliver':
        this.#received(action.block)
        streams.deliver(action.stream, action.block)
        return
      case 'rewind':
        streams.rewind(action.stream, action.change)
        return
      case 'stream-end':
        streams.end(action.stream)
        return
      case 'single':
        this.#received(action.block)
        streams.single(action.block)
        return
      case 'single-unavailable':
      case 'stream-unavailable':
        this.#unavailable(action.hash)
        return
      case 'block-invalid':
        this.#invalid(action, from)
        return
    }
  }

  /** The best chain moved: tells everyone who follows it. */
  moveTip(change: TipChange, from?: PeerId): void {
    this.#announce(change, from)
    this.run(this.#parts.download.onTipChange(change, this.#now()))
  }

  #announce(change: TipChange, from: PeerId | undefined): void {
    this.#parts.events.emit('tip-changed', { change, ...(from !== undefined && { from }) })
    this.#parts.parts.tipChanged(change, from)
  }

  #received({ height, hash, peer, size, block }: DownloadedBlock): void {
    const record = this.#parts.table.get(peer)
    if (record !== undefined) record.lastBlock = this.#now()
    // A program may ask for one that has left the chain: what it holds is not confirmed.
    if (this.#parts.chain.isActive(hash)) this.#parts.parts.block(block, height)
    this.#parts.events.emit('block-received', {
      block: { height, hash },
      from: peer,
      bytes: size,
    })
  }

  #unavailable(hash: BlockHash): void {
    const { chain, events, logger } = this.#parts
    const height = chain.heightOf(hash) ?? -1
    logger.warn({ height, hash: hashToHex(hash) }, 'no connected peer has a block that is wanted')
    events.emit('block-unavailable', { block: { height, hash } })
  }

  #invalid(
    action: {
      readonly hash: BlockHash
      readonly rule: string
      readonly change?: TipChange
    },
    from: PeerId | undefined,
  ): void {
    const { streams } = this
    const { chain, events } = this.#parts
    const height = chain.heightOf(action.hash) ?? -1
    events.emit('block-invalid', {
      block: { height, hash: action.hash },
      rule: action.rule,
      ...(from !== undefined && { from }),
    })
    streams.invalid(action.hash, action.rule)
    // The block download knows already: it found the fault.
    if (action.change !== undefined) this.#announce(action.change, from)
  }

  /**
   * A block breaks a rule that only its spent outputs show:
   * it and what builds on it leave the chain for good.
   */
  refuseBlock({ hash }: BlockRef, rule: string, from?: PeerId): void {
    const change = this.#parts.chain.invalidate(hash)
    this.#invalid({ hash, rule }, from)
    if (change !== undefined) this.moveTip(change, from)
  }

  #now(): Instant {
    return this.#parts.clock.now()
  }
}

/** Connections whose headers and blocks we want. */
function takesPart({ kind }: ConnectionRecord): boolean {
  return !kindBehaviour[kind].shortLived
}

/** Core: `IsOutboundOrBlockRelayConn`; those of full relay may be excused. */
function chainSyncDuty({ kind, protected: isProtected }: ConnectionRecord): ChainSyncDuty {
  if (isProtected) return 'exempt'
  if (kind === 'outbound-full-relay' || kind === 'extra') return 'excusable'
  return kind === 'block-relay-only' ? 'required' : 'exempt'
}

function whatIsServed(services: bigint): 'all' | 'recent' | 'none' {
  // Without witnesses a block cannot be checked, whatever else the peer has.
  if (!hasServices(services, Services.WITNESS)) return 'none'
  if (hasServices(services, Services.NETWORK)) return 'all'
  return hasServices(services, Services.NETWORK_LIMITED) ? 'recent' : 'none'
}

function blockHashes(inventory: InventoryPayload): BlockHash[] {
  const hashes: BlockHash[] = []
  for (let index = 0; index < inventory.length; index++)
    if (isBlockEntry(inventory.typeAt(index))) hashes.push(asBlockHash(inventory.hashAt(index)))
  return hashes
}
