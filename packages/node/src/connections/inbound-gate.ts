import {
  type AddressNetwork,
  isLocal,
  netgroup,
  type NetworkAddress,
  Services,
  sha256d,
} from '@sapwood/wire-codec'
import { type Clock, type Instant, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'
import { type ConnectionRecord, networkOf } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import { type EvictionCandidate, selectInboundToEvict } from './inbound-eviction.ts'
import type { InboundStream } from './listener.ts'
import { diallerKey, RecentDials } from './recent-dials.ts'

/**
 * Dials by which whoever comes may be ahead of the host that would have to leave. Beyond that it is turned
 * away: a host that comes back as often as it is thrown out takes no place from one that comes once.
 */
const DIALS_AHEAD = 1
/** Connections through one kind of hidden service that get in however often such come. */
const MIN_NAMELESS = 8
/**
 * Records of inbound connections, those that are ending among them, in times of the places that there are.
 */
const MAX_RECORDS = 2

/**
 * Milliseconds for which one may send more than we work off before its place is given to another: a node
 * without coins asks for the proofs of 50,000 blocks at once, which takes as long.
 */
const MAX_BEHIND: number = MINUTE

/** Whether a remote is let in, and who has to leave for it. */
type Admission =
  | { readonly admit: true; readonly evict?: ConnectionRecord }
  | { readonly admit: false; readonly why: 'banned' | 'discouraged' | 'full' | 'gone' | 'network-inactive' }

export interface InboundGate {
  judge(inbound: InboundStream, isActive: boolean): Admission
}

/**
 * Decides on remotes that dial us, by Bitcoin Core's rules (`CConnman::CreateNodeFromAcceptedSocket`), and
 * where there is no room by how often a host came of late: Core's would let each one that is thrown out take
 * the place of the youngest again, at once, so that nobody else gets as far as the end of a handshake.
 */
export function createInboundGate(
  options: { readonly maxInbound: number },
  components: {
    readonly clock: Clock
    readonly random: Random
    readonly table: ConnectionTable
    readonly isBanned: (address: NetworkAddress) => boolean
    readonly isDiscouraged: (address: NetworkAddress) => boolean
  },
): InboundGate {
  const { clock, table, isBanned, isDiscouraged } = components
  const secret = components.random.bytes(16)
  const dials = new RecentDials(clock)
  // What does not change while a connection is there: a flood of dials asks for it of all at each of them.
  const origins = new WeakMap<ConnectionRecord, Origin>()
  const originOf = (record: ConnectionRecord): Origin => {
    let origin = origins.get(record)
    if (origin === undefined) origins.set(record, (origin = readOrigin(record, secret)))
    return origin
  }
  return {
    judge: ({ address, via, stream }, isActive) => {
      if (!isActive) return { admit: false, why: 'network-inactive' }
      if (address !== undefined && isBanned(address)) return { admit: false, why: 'banned' }
      const key = diallerKey(address, via)
      dials.count(key)
      // Before anything is begun for it, or anybody let go.
      if (stream.remoteEnded === true) return { admit: false, why: 'gone' }
      const inbound = [...table.all()].filter(({ kind }) => kind === 'inbound')
      // One whose connection has ended holds no place, though the loop has not come to hear of it.
      const count = inbound.filter((record) => !isDead(record)).length
      if (inbound.length >= MAX_RECORDS * options.maxInbound) return { admit: false, why: 'full' }
      if (address !== undefined && isDiscouraged(address) && count + 1 >= options.maxInbound) {
        return { admit: false, why: 'discouraged' }
      }
      if (count < options.maxInbound) return { admit: true }
      const candidates = inbound.filter(mayLeave).map((record) => {
        const origin = originOf(record)
        return candidate(record, origin, dials.of(origin.diallerKey))
      })
      // All who come through a hidden service are one host: a few of them always get in.
      const isAlike = (record: ConnectionRecord): boolean => originOf(record).diallerKey === key
      const isExcused = address === undefined && inbound.filter(isAlike).length < MIN_NAMELESS
      const isTooRestless = ({ recentDials }: EvictionCandidate): boolean =>
        !isExcused && dials.of(key) > recentDials + DIALS_AHEAD
      if (candidates.every(isTooRestless)) return { admit: false, why: 'full' }
      const chosen = heldUpLongest(candidates, clock.now()) ?? selectInboundToEvict(candidates)
      if (chosen === undefined || isTooRestless(chosen)) return { admit: false, why: 'full' }
      const evict = table.get(chosen.peer)
      return evict === undefined ? { admit: false, why: 'full' } : { admit: true, evict }
    },
  }
}

/**
 * The one that has sent more than its share for longest. Nobody learns of its end either while what it has
 * sent waits: it may be long gone.
 */
function heldUpLongest(
  candidates: readonly EvictionCandidate[],
  now: Instant,
): EvictionCandidate | undefined {
  let longest: EvictionCandidate | undefined
  for (const each of candidates) {
    if (each.noBan || each.behindSince === undefined || now - each.behindSince < MAX_BEHIND) continue
    if (longest === undefined || each.behindSince < longest.behindSince!) longest = each
  }
  return longest
}

/** Where a connection came from. */
interface Origin {
  readonly diallerKey: string
  readonly keyedNetgroup: bigint
  readonly network: AddressNetwork
  readonly isLocal: boolean
}

/**
 * One that is leaving already makes no more room by being told again (Core passes over `fDisconnect` as
 * well).
 */
function mayLeave(record: ConnectionRecord): boolean {
  return !record.leaving && !isDead(record)
}

function isDead({ peer }: ConnectionRecord): boolean {
  return peer?.state === 'closed'
}

function candidate(record: ConnectionRecord, origin: Origin, recentDials: number): EvictionCandidate {
  const { version } = record
  return {
    peer: record.id,
    connectedAt: record.startedAt,
    minimumPing: record.peer?.minimumPing ?? Number.POSITIVE_INFINITY,
    lastBlock: record.lastBlock,
    lastTransaction: record.lastTransaction,
    relaysTransactions: version?.relay ?? false,
    servesBlocks: ((version?.services ?? 0n) & Services.NETWORK) !== 0n,
    keyedNetgroup: origin.keyedNetgroup,
    network: origin.network,
    isLocal: origin.isLocal,
    discouraged: record.discouraged,
    noBan: record.protected,
    behindSince: record.peer?.behindSince,
    recentDials,
  }
}

function readOrigin(record: ConnectionRecord, secret: Uint8Array): Origin {
  return {
    diallerKey: diallerKey(hostOf(record), record.via),
    keyedNetgroup: keyedNetgroup(record, secret),
    network: networkOf(record),
    isLocal: isFromThisMachine(record),
  }
}

function keyedNetgroup(record: ConnectionRecord, secret: Uint8Array): bigint {
  // Those who came through a hidden service cannot be told apart: they are one group.
  const host = hostOf(record)
  const group = host === undefined ? new TextEncoder().encode(record.via ?? '') : netgroup(host)
  const bytes = new Uint8Array(secret.length + group.length)
  bytes.set(secret)
  bytes.set(group, secret.length)
  const hash = sha256d(bytes)
  return new DataView(hash.buffer, hash.byteOffset, 8).getBigUint64(0)
}

function isFromThisMachine(record: ConnectionRecord): boolean {
  const host = hostOf(record)
  return record.via === 'tcp' && host !== undefined && isLocal(host)
}

/** The address that it came from; undefined where it came through a hidden service. */
function hostOf({ address }: ConnectionRecord): NetworkAddress | undefined {
  return address?.network === 'name' ? undefined : address
}
