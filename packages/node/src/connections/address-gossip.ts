/**
 * Addresses that peers tell each other of, in `addr` and `addrv2`.
 * https://github.com/bitcoin/bips/blob/master/bip-0155.mediawiki
 * https://github.com/bitcoin/bitcoin/blob/master/src/net_processing.cpp
 * @module
 */

import {
  type GossipedAddress,
  isRoutable,
  MAX_ADDRESSES,
  type NetworkAddress,
  Services,
  sha256d,
} from '@sapwood/wire-codec'
import type { AddressNetwork } from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId, type PeerMessage } from '@sapwood/peer'
import {
  type Clock,
  DAY,
  drawExponential,
  type Instant,
  MINUTE,
  type Random,
  SECOND,
  shuffle,
  type WallTime,
} from '@sapwood/transport-v1v2/environment'
import { type ConnectionRecord, networkOf, type ReadyConnection, remoteOf } from './connection-record.ts'
import { addressKey } from '../addresses/address-key.ts'
import type { AddressManager, AddressReport } from '../addresses/address-manager.ts'
import { RecentKeys } from '../addresses/recent-keys.ts'

/** What is added to the age of an address that somebody else told of (Core, `ADDR_TIME_PENALTY`). */
export const TIME_PENALTY: number = 120 * MINUTE
/** An address whose time cannot be is given this age (Core). */
const IMPOSSIBLE_TIME_AGE = 5 * DAY
/** Times before this are not times (Core: 100,000,000 seconds). */
const EARLIEST_TIME = 100_000_000 * SECOND
/** Further ahead than this is not possible (Core). */
const MAX_AHEAD = 10 * MINUTE
/** An announcement no longer than this is passed on; longer ones are answers to `getaddr` (Core). */
const MAX_RELAYED_AT_ONCE = 10
/** Addresses older than this are not passed on (Core). */
const MAX_RELAYED_AGE = 10 * MINUTE
/** The targets of one address change this often (Core, `ROTATE_ADDR_RELAY_DEST_INTERVAL`). */
const TARGET_ROTATION = DAY
/** Mean time between two address messages to a peer (Core, `AVG_ADDRESS_BROADCAST_INTERVAL`). */
const FLUSH_INTERVAL = 30_000
/** Mean time between two announcements of our own address (Core, `AVG_LOCAL_ADDRESS_BROADCAST_INTERVAL`). */
const SELF_INTERVAL = DAY
/** Addresses remembered for each peer, so that none is sent twice (Core: a rolling filter of 5,000). */
const KNOWN_PER_PEER = 5_000

/** Networks in which nobody is to learn who we are elsewhere. */
const HIDDEN_NETWORKS: ReadonlySet<AddressNetwork> = new Set(['torv3', 'i2p'])
/** Odd, so that it maps different scores to different ranks: the golden ratio of 2^32. */
const RANK_FACTOR = 0x9e3779b1

interface GossipPeer {
  readonly record: ReadyConnection
  readonly known: RecentKeys
  readonly score: number
  queue: GossipedAddress[]
  nextFlush: number
  nextSelf: number
  /** We dialled it, or it has sent addresses. */
  enabled: boolean
  /** Our `getaddr` has not been answered in full: what comes is passed on to nobody (Core). */
  answering: boolean
}

/** What a peer said. */
type ReceivedAddresses = Pick<Extract<PeerMessage, { readonly type: 'message' }>, 'message' | 'addressCount'>

export interface AddressGossipComponents {
  readonly clock: Clock
  readonly random: Random
  readonly addresses: AddressManager
  readonly isAvoided: (address: NetworkAddress) => boolean
  readonly reachable: ReadonlySet<AddressNetwork>
  /** Our own addresses, as they may be told. */
  readonly ownAddresses: () => readonly NetworkAddress[]
  readonly ownServices: () => bigint
  readonly added: (count: number, from: PeerId) => void
}

/** Takes in what peers tell of addresses, passes some on, and tells of our own. */
export class AddressGossip {
  readonly #parts: AddressGossipComponents
  readonly #peers = new Map<PeerId, GossipPeer>()
  readonly #secret: Uint8Array

  constructor(components: AddressGossipComponents) {
    this.#parts = components
    this.#secret = components.random.bytes(16)
  }

  ready(record: ReadyConnection): void {
    if (!kindBehaviour[record.kind].relaysAddresses) return
    const { random, clock } = this.#parts
    const now = clock.now()
    const score = random.bytes(4)
    this.#peers.set(record.id, {
      record,
      known: new RecentKeys(KNOWN_PER_PEER),
      score: new DataView(score.buffer, score.byteOffset, 4).getUint32(0),
      queue: [],
      nextFlush: now + drawExponential(random, FLUSH_INTERVAL),
      nextSelf: now,
      enabled: record.kind !== 'inbound',
      answering: kindBehaviour[record.kind].asksForAddresses,
    })
  }

  closed({ id }: ConnectionRecord): void {
    this.#peers.delete(id)
  }

  message(record: ReadyConnection, { message, addressCount }: ReceivedAddresses): void {
    if (message.type !== 'addr' && message.type !== 'addrv2') return
    this.received(record, message.addresses, addressCount)
  }

  /**
   * Addresses that a peer sent, within its rate limit.
   * @param sent How many the message had, those beyond the limit included: what it was goes by that (Core).
   */
  received(
    record: ReadyConnection,
    addresses: readonly GossipedAddress[],
    sent: number = addresses.length,
  ): void {
    const { clock, reachable, isAvoided } = this.#parts
    const peer = this.#peers.get(record.id)
    const wallTime = clock.wallTime()
    if (peer !== undefined) peer.enabled = true
    const relay = sent <= MAX_RELAYED_AT_ONCE && peer?.answering !== true
    if (peer !== undefined && sent < MAX_ADDRESSES) peer.answering = false
    const reports: AddressReport[] = []
    for (const gossiped of addresses) {
      const { address, services } = gossiped
      peer?.known.add(addressKey(address))
      if ((services & (Services.NETWORK | Services.NETWORK_LIMITED)) === 0n) continue
      if (isAvoided(address)) continue
      const time = believableTime(gossiped.time * SECOND, wallTime)
      const isFresh = time > wallTime - MAX_RELAYED_AGE
      if (relay && isFresh && isRoutable(address)) {
        this.#passOn({ ...gossiped, time: Math.floor(time / SECOND) }, record.id)
      }
      if (reachable.has(address.network)) reports.push({ address, services, time })
    }
    const source = sourceOf(record)
    const count = this.#parts.addresses.add(reports, source, TIME_PENALTY)
    if (count > 0) this.#parts.added(count, record.id)
  }

  /** Sends what is due. */
  tick(now: Instant): void {
    const { random } = this.#parts
    for (const peer of this.#peers.values()) {
      if (!takesPart(peer)) continue
      if (now >= peer.nextSelf) this.#announceSelf(peer, now)
      if (now < peer.nextFlush) continue
      peer.nextFlush = now + drawExponential(random, FLUSH_INTERVAL)
      this.#flush(peer)
    }
  }

  #announceSelf(peer: GossipPeer, now: Instant): void {
    const { random, ownAddresses, ownServices } = this.#parts
    peer.nextSelf = now + drawExponential(random, SELF_INTERVAL)
    const time = Math.floor(this.#parts.clock.wallTime() / SECOND)
    const own = ownAddresses()
      .filter((address) => mayHear(peer, address))
      .map((address) => ({ address, services: ownServices(), time }))
    // Alone, so that the remote passes it on.
    if (own.length > 0) this.#send(peer, own.slice(0, MAX_RELAYED_AT_ONCE))
  }

  #flush(peer: GossipPeer): void {
    const queue = shuffle(this.#parts.random, peer.queue)
    peer.queue = []
    const fresh = queue.filter(({ address }) => peer.known.add(addressKey(address)))
    if (fresh.length > 0) this.#send(peer, fresh.slice(0, MAX_ADDRESSES))
  }

  #send(peer: GossipPeer, addresses: readonly GossipedAddress[]): void {
    const { record } = peer
    const compatible = addresses.filter(({ address }) => takes(peer, address))
    if (compatible.length === 0) return
    record.peer.send({ type: record.version.addrv2 ? 'addrv2' : 'addr', addresses: compatible })
  }

  /**
   * To the two peers that a secret order puts first for this address and day, the same for all who tell of
   * it; of a network that we do not reach, to one (Core).
   */
  #passOn(gossiped: GossipedAddress, from: PeerId): void {
    const key = addressKey(gossiped.address)
    const day = Math.floor(this.#parts.clock.wallTime() / TARGET_ROTATION)
    const text = new TextEncoder().encode(`${day}/${key}`)
    const bytes = new Uint8Array(this.#secret.length + text.length)
    bytes.set(this.#secret)
    bytes.set(text, this.#secret.length)
    const hash = sha256d(bytes)
    const order = new DataView(hash.buffer, hash.byteOffset, 4).getUint32(0)
    let [first, second]: (GossipPeer | undefined)[] = []
    let [firstRank, secondRank] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (const peer of this.#peers.values()) {
      const rank = Math.imul(peer.score ^ order, RANK_FACTOR) >>> 0
      // Of all but a few this is all that is looked at.
      if (rank >= secondRank) continue
      if (peer.record.id === from || !takesPart(peer) || !takes(peer, gossiped.address)) continue
      if (rank < firstRank) {
        ;[second, secondRank] = [first, firstRank]
        ;[first, firstRank] = [peer, rank]
      } else [second, secondRank] = [peer, rank]
    }
    const isReached = this.#parts.reachable.has(gossiped.address.network)
    for (const peer of isReached ? [first, second] : [first]) {
      if (peer === undefined || peer.known.has(key)) continue
      if (peer.queue.length < MAX_ADDRESSES) peer.queue.push(gossiped)
    }
  }
}

/** A remote's claim of when an address was seen, made plausible (Core). */
function believableTime(time: number, wallTime: WallTime): WallTime {
  const impossible = time <= EARLIEST_TIME || time > wallTime + MAX_AHEAD
  return (impossible ? wallTime - IMPOSSIBLE_TIME_AGE : time) as WallTime
}

/** Who told of it, for the address tables; a remote without an address counts as one local source. */
function sourceOf(record: ReadyConnection): NetworkAddress {
  return remoteOf(record) ?? { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0 }
}

/**
 * Whether addresses are exchanged with it. Inbound: once it has sent some,
 * or asked for some (Core, `SetupAddressRelay`).
 */
function takesPart({ enabled, record }: GossipPeer): boolean {
  return enabled || record.askedForAddresses === true
}

/**
 * Whether a peer may be told of an address of ours. Whoever is told of two in different networks knows that
 * they are one node's: of a hidden one nobody hears but there, and there of none but that (Core, `GetLocal`).
 */
function mayHear({ record }: GossipPeer, { network }: NetworkAddress): boolean {
  const through = networkOf(record)
  return network === through || !(HIDDEN_NETWORKS.has(network) || HIDDEN_NETWORKS.has(through))
}

/** Whether the peer's address message can carry it (Core, `IsAddrCompatible`). */
function takes({ record }: GossipPeer, { network }: NetworkAddress): boolean {
  return record.version.addrv2 || network === 'ipv4' || network === 'ipv6'
}
