import { bytesToHex, hexToBytes } from '@sapwood/wire-codec'
import type { AddressNetwork } from '@sapwood/wire-codec'
import type { Clock, WallTime } from '@sapwood/transport-v1v2/environment'
import type { KeyValueNamespace, KeyValueOperation } from '../store/key-value-store.ts'
import { type BanEntry, type BanList, createBanList, subnetKey } from './ban-list.ts'
import { formatSubnet } from './subnet.ts'

/** Version of the entries' layout. */
const LAYOUT = 1

interface StoredBan {
  readonly layout: number
  readonly network: AddressNetwork
  /** Hexadecimal. */
  readonly bytes: string
  readonly prefixLength: number
  readonly zone?: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly reason: string
}

/** Keeps bans between runs. */
export class BanStore {
  readonly #entries: KeyValueNamespace
  /** Keys that the store may hold: those of a write that failed too. */
  #stored = new Set<string>()

  constructor(entries: KeyValueNamespace) {
    this.#entries = entries
  }

  async load(components: { readonly clock: Clock }): Promise<BanList> {
    const restore: BanEntry[] = []
    for await (const [key, value] of this.#entries.entries()) {
      this.#stored.add(key)
      const entry = decodeBan(value)
      if (entry !== undefined) restore.push(entry)
    }
    return createBanList(components, restore)
  }

  /** Writes the list as it is now, in one batch. One call at a time. */
  async save(bans: BanList): Promise<void> {
    const entries = new Map(bans.list().map((entry) => [subnetKey(entry.subnet), entry]))
    const operations: KeyValueOperation[] = []
    for (const key of this.#stored) if (!entries.has(key)) operations.push({ type: 'delete', key })
    for (const [key, entry] of entries) operations.push({ type: 'put', key, value: encodeBan(entry) })
    if (operations.length === 0) return
    for (const key of entries.keys()) this.#stored.add(key)
    await this.#entries.batch(operations)
    this.#stored = new Set(entries.keys())
  }
}

function encodeBan({ subnet, createdAt, expiresAt, reason }: BanEntry): Uint8Array {
  const stored: StoredBan = {
    layout: LAYOUT,
    network: subnet.network,
    bytes: bytesToHex(subnet.bytes),
    prefixLength: subnet.prefixLength,
    ...(subnet.zone !== undefined && { zone: subnet.zone }),
    createdAt,
    expiresAt,
    reason,
  }
  return new TextEncoder().encode(JSON.stringify(stored))
}

function decodeBan(value: Uint8Array): BanEntry | undefined {
  try {
    const stored = JSON.parse(new TextDecoder().decode(value)) as StoredBan
    if (stored.layout !== LAYOUT) return undefined
    const subnet = {
      network: stored.network,
      bytes: hexToBytes(stored.bytes),
      prefixLength: stored.prefixLength,
      ...(stored.zone !== undefined && { zone: stored.zone }),
    }
    return {
      subnet,
      text: formatSubnet(subnet),
      createdAt: stored.createdAt as WallTime,
      expiresAt: stored.expiresAt as WallTime,
      reason: stored.reason,
    }
  } catch {
    return undefined
  }
}
