import {
  type AddressNetwork,
  isLocal,
  netgroup,
  type NetworkAddress,
  Services,
  sha256d,
} from '@sapwood/wire-codec'
import type { Random } from '@sapwood/transport-v1v2/environment'
import type { ConnectionRecord } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import { type EvictionCandidate, selectInboundToEvict } from './inbound-eviction.ts'
import type { InboundStream } from './listener.ts'

/** Whether a remote is let in, and who has to leave for it. */
export type Admission =
  | { readonly admit: true; readonly evict?: ConnectionRecord }
  | { readonly admit: false; readonly why: 'banned' | 'discouraged' | 'full' | 'network-inactive' }

export interface InboundGate {
  judge(inbound: InboundStream, isActive: boolean): Admission
}

/** Decides on remotes that dial us, by Bitcoin Core's rules (`CConnman::CreateNodeFromAcceptedSocket`). */
export function createInboundGate(
  options: { readonly maxInbound: number },
  components: {
    readonly random: Random
    readonly table: ConnectionTable
    readonly isBanned: (address: NetworkAddress) => boolean
    readonly isDiscouraged: (address: NetworkAddress) => boolean
  },
): InboundGate {
  const { table, isBanned, isDiscouraged } = components
  const secret = components.random.bytes(16)
  return {
    judge: ({ address }, isActive) => {
      if (!isActive) return { admit: false, why: 'network-inactive' }
      if (address !== undefined && isBanned(address)) return { admit: false, why: 'banned' }
      const count = table.count('inbound')
      if (address !== undefined && isDiscouraged(address) && count + 1 >= options.maxInbound) {
        return { admit: false, why: 'discouraged' }
      }
      if (count < options.maxInbound) return { admit: true }
      const chosen = selectInboundToEvict([...candidates(table, secret)])
      const evict = chosen === undefined ? undefined : table.get(chosen)
      return evict === undefined ? { admit: false, why: 'full' } : { admit: true, evict }
    },
  }
}

function* candidates(table: ConnectionTable, secret: Uint8Array): Generator<EvictionCandidate> {
  for (const record of table.all()) {
    // One that is leaving already makes no more room by being told again (Core passes over `fDisconnect` as well).
    if (record.kind !== 'inbound' || record.leaving) continue
    const { version } = record
    yield {
      peer: record.id,
      connectedAt: record.startedAt,
      minimumPing: record.peer?.info().minimumPing ?? Number.POSITIVE_INFINITY,
      lastBlock: record.lastBlock,
      lastTransaction: record.lastTransaction,
      relaysTransactions: version?.relay ?? false,
      servesBlocks: ((version?.services ?? 0n) & Services.NETWORK) !== 0n,
      keyedNetgroup: keyedNetgroup(record, secret),
      network: networkOf(record),
      isLocal: isFromThisMachine(record),
      discouraged: record.discouraged,
      noBan: record.protected,
    }
  }
}

function keyedNetgroup({ address, via }: ConnectionRecord, secret: Uint8Array): bigint {
  // Those who came through a hidden service cannot be told apart: they are one group.
  const group =
    address === undefined || address.network === 'name'
      ? new TextEncoder().encode(via ?? '')
      : netgroup(address)
  const bytes = new Uint8Array(secret.length + group.length)
  bytes.set(secret)
  bytes.set(group, secret.length)
  const hash = sha256d(bytes)
  return new DataView(hash.buffer, hash.byteOffset, 8).getBigUint64(0)
}

function networkOf({ address, via }: ConnectionRecord): AddressNetwork {
  if (via === 'onion') return 'torv3'
  if (via === 'i2p') return 'i2p'
  return address === undefined || address.network === 'name' ? 'ipv4' : address.network
}

function isFromThisMachine({ address, via }: ConnectionRecord): boolean {
  return via === 'tcp' && address !== undefined && address.network !== 'name' && isLocal(address)
}
