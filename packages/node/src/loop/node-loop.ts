import { type NetworkAddress, type PeerAddress, Services, type Transaction } from '@sapwood/wire-codec'
import {
  type DisconnectReport,
  type PeerNotification,
  type PeerServices,
  type PeerVersion,
} from '@sapwood/peer'
import { isTransportError } from '@sapwood/transport-v1v2'
import type { CancelTimer, WallTime } from '@sapwood/transport-v1v2/environment'
import { AddressGossip } from '../connections/address-gossip.ts'
import { createServedAddresses } from '../addresses/served-addresses.ts'
import { currentAnchors } from '../connections/anchors.ts'
import { ConnectionKeeper, type ConnectionObserver } from '../connections/connection-keeper.ts'
import { type ConnectionRecord, isReady } from '../connections/connection-record.ts'
import { createInboundGate, type InboundGate } from '../connections/inbound-gate.ts'
import { OutboundTrimmer } from '../connections/outbound-trimmer.ts'
import { Outreach } from '../connections/outreach.ts'
import type { Phase, PhaseName } from '../phases/phase.ts'
import { phases } from '../phases/phases.ts'
import type { PrivateBroadcastState } from '../transactions/private-broadcast-types.ts'
import { BlockDesk } from './block-desk.ts'
import { BlockChecks } from './block-checks.ts'
import { type CallQueue, createCallQueue } from './call-queue.ts'
import { ChainDriver } from './chain-driver.ts'
import { Conduct } from './conduct.ts'
import type { NodeLoopComponents, NodeLoopOptions } from './node-loop-types.ts'
import type { NodeNotification } from './node-notification.ts'
import { NotificationQueue } from './notification-queue.ts'
import { PrivateBroadcastDriver } from './private-broadcast-driver.ts'
import { ServedBlocks } from './served-blocks.ts'
import { StateSaver } from './state-saver.ts'
import { TipAnnouncer } from './tip-announcer.ts'
import { TransactionDriver } from './transaction-driver.ts'

/** Milliseconds between two ticks; shorter while blocks or a broadcast are on their way, which go by seconds. */
const TICK = 1_000
const BUSY_TICK = 500

/**
 * The owner of everything that changes: one loop over the notifications of peers, programs and timers. Each is
 * handled to its end before the next. Beside it only the answers to peers (`services`) touch the node's state: a peer's own
 * task asks for them, between two notifications, and they read it, and note at once who has asked.
 */
export class NodeLoop implements ConnectionObserver {
  readonly calls: CallQueue
  readonly conduct: Conduct
  readonly keeper: ConnectionKeeper
  readonly desk: BlockDesk
  readonly driver: ChainDriver
  readonly transactions: TransactionDriver
  readonly privateBroadcasts: PrivateBroadcastDriver
  readonly notifications: NotificationQueue
  readonly #options: NodeLoopOptions
  readonly #parts: NodeLoopComponents
  readonly #gossip: AddressGossip
  readonly #outreach: Outreach
  readonly #trimmer: OutboundTrimmer
  readonly #gate: InboundGate
  readonly #saver: StateSaver
  readonly #blocks: ServedBlocks
  readonly #announcer: TipAnnouncer
  #phase: Phase = phases['choosing-chain']
  #active: boolean
  #stopping = false
  /** Whom to come back to at the next start; known once the end has begun. */
  #anchors: readonly NetworkAddress[] = []
  #ended = false
  #cancelTick: CancelTimer | undefined
  #whenEmpty: (() => void) | undefined

  constructor(options: NodeLoopOptions, components: NodeLoopComponents) {
    const { clock, random, logger, events, state, chain, headerSync, download, reachable } = components
    this.#options = options
    this.#parts = components
    this.#active = options.networkActive
    this.notifications = new NotificationQueue((peer) => this.keeper.table.get(peer)?.memory)
    this.calls = createCallQueue(this.notifications)
    this.conduct = new Conduct({
      ...components,
      close: (record, request) => void this.keeper.close(record, request),
      connectionsOf: (host) => this.keeper.table.ofHost(host),
    })
    this.#saver = new StateSaver(options.saveInterval, components)
    const { addresses } = state
    const served = createServedAddresses({ clock, random, addresses, isAvoided: this.conduct.isAvoided })
    this.#blocks = new ServedBlocks({
      chain,
      clock,
      services: components.services,
      send: (peer, message) => void this.keeper.table.get(peer)?.peer?.send(message),
    })
    const services: PeerServices = {
      headers: ({ locator, stopHash }) => chain.headersAfter(locator, stopHash),
      transaction: (id, context) => this.transactions.serve(id, context),
      addresses: ({ peer }) => {
        const record = this.keeper.table.get(peer)
        if (record !== undefined) this.#gossip.asked(record)
        return served.answer(this.#askedOver(record))
      },
      ...this.#blocks.services,
    }
    this.keeper = new ConnectionKeeper(
      options,
      { ...components, services, notifications: this.notifications },
      this,
    )
    const { table } = this.keeper
    this.desk = new BlockDesk({
      download,
      now: () => clock.now(),
      run: (actions) => this.driver.run(actions),
      onLoop: (call, run) => this.calls.post(call, run),
      onTaken: () => this.#blocksChanged(),
    })
    this.#announcer = new TipAnnouncer({
      chain,
      peers: () => table.ready(),
      services: components.services,
      blocks: this.#blocks,
      onLoop: (call, run) => this.calls.post(call, run),
    })
    const { blockChecker } = components
    const checks =
      blockChecker &&
      new BlockChecks({
        clock,
        checker: blockChecker,
        network: chain.network,
        logger,
        onLoop: (call, run) => this.calls.post(call, run),
        onChecked: (block, fault) => this.driver.checked(block, fault),
      })
    this.driver = new ChainDriver({
      clock,
      logger,
      chain,
      headerSync,
      download,
      desk: this.desk,
      table,
      events,
      punish: this.conduct.punish,
      letGo: this.conduct.letGo,
      ...(checks && { checkElsewhere: (block) => checks.check(block) }),
      onBlock: (block) => {
        this.privateBroadcasts.block(block)
        this.transactions.block(block)
      },
      onTipChange: (change, from) => {
        // Whoever hears of a block asks for it: only who serves blocks may tell, and only at the tip (Core).
        const serves = (options.ownServices() & (Services.NETWORK | Services.NETWORK_LIMITED)) !== 0n
        this.#blocks.tipChanged()
        this.#announcer.tipChanged(change, from, serves && this.#phase.name !== 'choosing-chain')
        this.#trimmer.tipChanged()
        this.#saver.headersChanged()
      },
    })
    this.transactions = new TransactionDriver({
      clock,
      relay: components.relay,
      table,
      events,
      punish: this.conduct.punish,
      letGo: this.conduct.letGo,
    })
    this.privateBroadcasts = new PrivateBroadcastDriver({
      ...components,
      keeper: this.keeper,
      addresses,
      isAvoided: this.conduct.isAvoided,
      connectOnly: options.connectOnly,
    })
    this.#gossip = new AddressGossip({
      clock,
      random,
      addresses,
      isAvoided: this.conduct.isAvoided,
      reachable,
      ownAddresses: components.ownAddresses,
      ownServices: options.ownServices,
      added: (count, from) => {
        this.addressesChanged()
        events.emit('addresses-added', { count, from })
      },
    })
    this.#outreach = new Outreach(
      {
        limits: options.slots,
        connectOnly: options.connectOnly,
        anchors: state.anchors,
        servicesWanted: options.servicesWanted,
        filters: options.filters,
      },
      {
        clock,
        random,
        logger,
        keeper: this.keeper,
        addresses,
        added: components.added,
        isAvoided: this.conduct.isAvoided,
        isBanned: this.conduct.isBanned,
        reachable,
      },
    )
    this.#trimmer = new OutboundTrimmer(
      { limits: options.slots },
      {
        clock,
        table,
        outreach: this.#outreach,
        isExcused: (peer) => headerSync.isExcused(peer),
        letGo: this.conduct.letGo,
      },
    )
    this.#gate = createInboundGate(
      { maxInbound: options.slots.inbound },
      {
        random,
        table,
        isBanned: this.conduct.isBanned,
        isDiscouraged: (address) => components.discouraged.has(address),
      },
    )
  }

  get phase(): PhaseName {
    return this.#phase.name
  }

  get active(): boolean {
    return this.#active
  }

  /** Runs until the notifications end. Gives the event loop its turn back where handling them has taken long. */
  async run(): Promise<void> {
    const { clock, events, scheduler } = this.#parts
    const lane = scheduler.lane()
    events.emit('phase', { phase: this.#phase.name })
    this.#handleSafely({ type: 'timer', timer: 'tick', at: clock.now() })
    for await (const notification of this.notifications) {
      if (this.#isOfStranger(notification)) scheduler.forStrangers(() => this.#handleSafely(notification))
      else this.#handleSafely(notification)
      if (this.keeper.table.size === 0) this.#whenEmpty?.()
      const turn = lane.due()
      if (turn !== undefined) await turn
    }
  }

  #isOfStranger(notification: NodeNotification): boolean {
    if (notification.type === 'inbound' || notification.type === 'accepted') return true
    return notification.type === 'peer' && this.keeper.table.get(notification.peer)?.kind === 'inbound'
  }

  #handleSafely(notification: NodeNotification): void {
    try {
      this.#handle(notification)
    } catch (error) {
      this.#onFault(notification, error)
    }
  }

  #handle(notification: NodeNotification): void {
    switch (notification.type) {
      case 'peer':
        this.#onPeer(notification)
        break
      case 'user':
        notification.run()
        break
      case 'timer':
        this.#onTick()
        break
      case 'dialled':
      case 'accepted':
        this.keeper.onTransport(notification)
        break
      case 'inbound':
        this.#onInbound(notification)
        break
      case 'seeded':
        this.#parts.seeds?.answered(notification)
        this.addressesChanged()
        break
    }
    this.#choosePhase()
  }

  /** What goes wrong with one notification ends at most the connection that it came from. */
  #onFault(notification: NodeNotification, error: unknown): void {
    this.#parts.logger.error(
      { err: error, notification: notification.type },
      'a notification could not be handled',
    )
    if (notification.type !== 'peer') return
    const record = this.keeper.table.get(notification.peer)
    if (record !== undefined) this.conduct.letGo(record, 'internal-error')
  }

  #onPeer({ peer, message, at }: PeerNotification): void {
    const record = this.keeper.onPeer(peer, message)
    if (record === undefined || message.type !== 'message' || !isReady(record)) return
    if (this.driver.message(record, message.message, message.payload, at)) return
    if (record.kind !== 'private-broadcast') this.privateBroadcasts.message(message.message)
    if (this.transactions.message(record, message.message, at, this.#phase.relaysTransactions)) return
    switch (message.message.type) {
      case 'addr':
      case 'addrv2':
        this.#gossip.received(record, message.message.addresses, message.addressCount)
        return
      default:
        return
    }
  }

  #onInbound({ inbound }: Extract<NodeNotification, { readonly type: 'inbound' }>): void {
    const admission = this.#gate.judge(inbound, this.#active && !this.#stopping)
    if (!admission.admit) {
      inbound.stream.abort(new Error(admission.why))
      const { address } = inbound
      this.#parts.events.emit('inbound-refused', {
        why: admission.why,
        ...(address === undefined ? {} : { address }),
      })
      return
    }
    if (admission.evict !== undefined) this.conduct.letGo(admission.evict, 'evicted')
    const record = this.keeper.admit(inbound)
    record.discouraged = inbound.address !== undefined && this.#parts.discouraged.has(inbound.address)
  }

  #onTick(): void {
    try {
      this.#tick()
    } finally {
      // Whatever went wrong in this one: without the next tick nothing would ever be due again.
      this.#setNextTick()
    }
  }

  #tick(): void {
    const { seeds } = this.#parts
    if (this.#active && !this.#stopping) {
      seeds?.tick()
      this.#outreach.tick(this.#phase)
      this.#trimmer.tick(this.#phase)
      this.#gossip.tick()
      this.privateBroadcasts.tick()
    }
    this.driver.tick()
    this.#blocksChanged()
    this.transactions.tick()
    this.#saver.tick()
    this.#parts.loopDelay.sample()
  }

  /** A program may have blocks to serve that it had not. */
  #blocksChanged(): void {
    this.#blocks.recheck()
    this.#announcer.recheck()
  }

  #setNextTick(): void {
    if (this.#ended) return
    const { clock, download } = this.#parts
    const isBusy = download.inFlight > 0 || this.transactions.isBusy
    this.#cancelTick = clock.setTimer(isBusy ? BUSY_TICK : TICK, () => {
      this.notifications.send({ type: 'timer', timer: 'tick', at: clock.now() }).catch(() => undefined)
    })
  }

  #choosePhase(): void {
    const { chain, headerSync, events } = this.#parts
    const followed = this.desk.lowestFollowed()
    const next = this.#phase.next({
      headerPeers: this.driver.peers,
      headersCaughtUp: headerSync.caughtUp,
      blocksBehind: followed === undefined ? 0 : Math.max(0, chain.tip().height - followed),
    })
    if (next === this.#phase.name) return
    const previous = this.#phase.name
    this.#phase = phases[next]
    events.emit('phase', { phase: next, previous })
  }

  ready(record: ConnectionRecord, version: PeerVersion): void {
    const { state } = this.#parts
    const { address } = record
    // What a private broadcast did is not learned from either: it would be told, and it leaves no mark (Core).
    const isOwn = record.kind !== 'inbound' && record.kind !== 'private-broadcast'
    if (isOwn && address !== undefined && address.network !== 'name') {
      state.addresses.good(address, {
        services: version.services,
        ...(record.protocol === undefined ? {} : { protocol: record.protocol }),
      })
    }
    if (!isReady(record)) return
    if (this.#stopping || !this.#active) {
      this.conduct.letGo(record, 'network-inactive')
      return
    }
    this.driver.ready(record)
    this.transactions.ready(record)
    this.privateBroadcasts.ready(record)
    this.#gossip.ready(record)
  }

  failed(record: ConnectionRecord, error: Error): number | undefined {
    const code = isTransportError(error) ? error.code : error.name
    this.#parts.logger.debug({ peer: record.id, kind: record.kind, code }, 'no connection')
    this.privateBroadcasts.ended(record)
    return record.key === undefined ? undefined : this.#parts.added.ended(record.key, undefined)
  }

  closed(record: ConnectionRecord, report: DisconnectReport): number | undefined {
    const { state, added, clock } = this.#parts
    this.#outreach.changed()
    this.driver.closed(record.id)
    this.#blocks.closed(record.id)
    this.transactions.closed(record.id)
    this.privateBroadcasts.ended(record, report)
    this.#gossip.closed(record.id)
    const { address } = record
    if (address !== undefined && address.network !== 'name') {
      // The times of addresses are told to others: a private broadcast leaves no mark in them (Core).
      const isPublic = record.kind !== 'inbound' && record.kind !== 'private-broadcast'
      if (record.readyAt !== undefined && isPublic) state.addresses.seen(address)
      if (report.reason.blame === 'discourage') this.conduct.discourage(record, address, report.reason.code)
    }
    if (record.key === undefined) return undefined
    return added.ended(record.key, record.readyAt === undefined ? undefined : clock.now() - record.readyAt)
  }

  setActive(active: boolean): void {
    if (this.#active === active) return
    this.#active = active
    this.#parts.events.emit('network-active', { active })
    if (!active)
      for (const record of [...this.keeper.table.all()]) this.conduct.letGo(record, 'network-inactive')
  }

  /** Begins a private broadcast, now rather than at the next tick. */
  broadcastPrivately(transaction: Transaction): PrivateBroadcastState {
    const state = this.privateBroadcasts.add(transaction)
    if (this.#active && !this.#stopping) this.privateBroadcasts.tick()
    return state
  }

  addressesChanged(): void {
    this.#outreach.changed()
  }

  hasManualSlot(): boolean {
    return this.#options.connectOnly || this.keeper.table.count('manual') < this.#options.slots.manual
  }

  /** Begins the end: nobody new, everyone out, state saved. Resolves when no connection is left. */
  async wind(): Promise<void> {
    this.#stopping = true
    this.calls.refuse()
    this.#anchors = currentAnchors(this.keeper.table)
    this.desk.stop()
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
    for (const record of [...this.keeper.table.all()]) this.conduct.letGo(record, 'node-stopping')
    await empty
  }

  /** Everything that is not in the store yet. @throws NodeError where something of it could not be saved. */
  async flush(): Promise<void> {
    await Promise.all([this.#saver.flush(), this.#parts.state.saveAnchors(this.#anchors)])
  }

  /** Ends the loop. */
  end(): void {
    this.#ended = true
    this.#cancelTick?.()
    this.keeper.abortAll()
    this.notifications.close()
    this.#parts.loopDelay.stop()
  }

  #askedOver(record: ConnectionRecord | undefined): string {
    return `${record?.via ?? ''}/${networkName(record?.address)}/${record?.localAddress ?? ''}`
  }

  wallTime(): WallTime {
    return this.#parts.clock.wallTime()
  }
}

function networkName(address: PeerAddress | undefined): string {
  return address?.network ?? ''
}
