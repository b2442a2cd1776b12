import { ByteReader, ByteWriter, type NetworkAddress, type AddressNetwork } from '@sapwood/wire-codec'
import type { Clock, WallTime, Random } from '@sapwood/transport-v1v2/environment'
import type { KeyValueNamespace, KeyValueOperation } from '../store/key-value-store.ts'
import type { AddressEntry } from './address-entry.ts'
import type { AddressKey } from './address-key.ts'
import { AddressManager } from './address-manager.ts'
import type { RestoredEntry } from './address-tables.ts'

/** The bucket key is kept under this name; every other key of the namespace is an address's. */
const SECRET_KEY = 'secret'
/** Version of the entries' layout; entries of another are left out, and learned anew. */
const LAYOUT = 1
const NETWORKS: readonly AddressNetwork[] = ['ipv4', 'ipv6', 'torv3', 'i2p', 'cjdns', 'yggdrasil']

/** Keeps the address tables between runs. */
export class AddressStore {
  readonly #entries: KeyValueNamespace

  constructor(entries: KeyValueNamespace) {
    this.#entries = entries
  }

  /** Reads the tables back. What does not read is left out: addresses are learned again. */
  async load(components: { readonly clock: Clock; readonly random: Random }): Promise<AddressManager> {
    let secret = await this.#entries.get(SECRET_KEY)
    if (secret?.length !== 32) {
      secret = components.random.bytes(32)
      await this.#entries.batch([{ type: 'put', key: SECRET_KEY, value: secret }])
      return new AddressManager({ secret }, components)
    }
    const restore: RestoredEntry[] = []
    for await (const [key, value] of this.#entries.entries()) {
      const entry = key === SECRET_KEY ? undefined : decodeEntry(value)
      if (entry !== undefined) restore.push(entry)
    }
    return new AddressManager({ secret, restore }, components)
  }

  /**
   * Writes what has changed since the last time, in one batch:
   * a crash leaves the tables as they were before it.
   */
  async save(manager: AddressManager): Promise<void> {
    const changes = manager.takeChanges()
    if (changes.length === 0) return
    try {
      const keys = changes === 'everything' ? await this.#allKeys(manager) : changes
      const operations = keys.map((key): KeyValueOperation => {
        const entry = manager.entryOf(key)
        return entry === undefined ? { type: 'delete', key } : { type: 'put', key, value: encodeEntry(entry) }
      })
      await this.#entries.batch(operations)
    } catch (error) {
      manager.keepChanges(changes)
      throw error
    }
  }

  /** Those of the manager, and those that are stored: what it no longer knows goes. */
  async #allKeys(manager: AddressManager): Promise<AddressKey[]> {
    const keys = new Set<AddressKey>()
    for await (const [key] of this.#entries.entries()) if (key !== SECRET_KEY) keys.add(key as AddressKey)
    for (const { key } of manager.entries()) keys.add(key)
    return [...keys]
  }
}

export function encodeEntry(entry: AddressEntry): Uint8Array {
  const writer = new ByteWriter()
  writer.u8(LAYOUT)
  writeAddress(writer, entry.address)
  writeAddress(writer, entry.source)
  writer.u64(entry.services)
  writeTime(writer, entry.time)
  writeTime(writer, entry.lastTry)
  writeTime(writer, entry.lastCountedTry)
  writeTime(writer, entry.lastSuccess)
  writer.u16(Math.min(entry.attempts, 0xffff))
  writer.u8(entry.protocol === undefined ? 0 : entry.protocol === 'v1' ? 1 : 2)
  writer.u8(entry.tried ? 1 : 0)
  writer.u8(entry.newBuckets.size)
  for (const bucket of entry.newBuckets) writer.u16(bucket)
  return writer.finish()
}

/** @returns undefined for what is not an entry. */
export function decodeEntry(bytes: Uint8Array): RestoredEntry | undefined {
  try {
    const reader = new ByteReader(bytes)
    if (reader.u8() !== LAYOUT) return undefined
    const address = readAddress(reader)
    const source = readAddress(reader)
    if (address === undefined || source === undefined) return undefined
    const services = reader.u64()
    const time = readTime(reader)
    const lastTry = readTime(reader)
    const lastCountedTry = readTime(reader)
    const lastSuccess = readTime(reader)
    const attempts = reader.u16()
    const protocol = [undefined, 'v1', 'v2'] as const
    const protocolIndex = reader.u8()
    const tried = reader.u8() === 1
    const newBuckets = Array.from({ length: reader.u8() }, () => reader.u16())
    return {
      address,
      source,
      services,
      time: time ?? (0 as WallTime),
      lastTry,
      lastCountedTry,
      lastSuccess,
      attempts,
      protocol: protocol[protocolIndex],
      tried,
      newBuckets,
    }
  } catch {
    return undefined
  }
}

function writeAddress(writer: ByteWriter, { network, bytes, port }: NetworkAddress): void {
  writer.u8(NETWORKS.indexOf(network))
  writer.u8(bytes.length)
  writer.bytes(bytes)
  writer.u16(port)
}

function readAddress(reader: ByteReader): NetworkAddress | undefined {
  const network = NETWORKS[reader.u8()]
  const bytes = reader.view(reader.u8()).slice()
  const port = reader.u16()
  return network === undefined ? undefined : { network, bytes, port }
}

/** Milliseconds since 1970; 0 for never. */
function writeTime(writer: ByteWriter, instant: WallTime | undefined): void {
  writer.u64(BigInt(Math.floor(instant ?? 0)))
}

function readTime(reader: ByteReader): WallTime | undefined {
  const value = Number(reader.u64())
  return value === 0 ? undefined : (value as WallTime)
}
