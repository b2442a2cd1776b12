import type { NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import type { ConnectionKind, PeerId } from '@sapwood/peer'
import { type AddressKey, addressKey, hostKey } from '../addresses/address-key.ts'
import { type ConnectionRecord, isReady, type ReadyConnection, remoteOf } from './connection-record.ts'

/** All connections of a node, found by id, by address and by kind in constant time. */
export class ConnectionTable {
  readonly #byId = new Map<PeerId, ConnectionRecord>()
  readonly #byKey = new Map<AddressKey, ConnectionRecord>()
  /** Keys that a connection has beside its own: of what its name stands for. */
  readonly #others = new Map<PeerId, readonly AddressKey[]>()
  readonly #count = new Map<ConnectionKind, number>()
  readonly #ready = new Map<PeerId, ReadyConnection>()
  readonly #readyCount = new Map<ConnectionKind, number>()

  add(record: ConnectionRecord): void {
    this.#byId.set(record.id, record)
    if (record.key !== undefined) this.#byKey.set(record.key, record)
    this.#count.set(record.kind, this.count(record.kind) + 1)
    this.noteReady(record)
  }

  /** Whoever sets the stage of a connection to `ready` says so here: every tick asks for those that are. */
  noteReady(record: ConnectionRecord): void {
    if (!isReady(record) || this.#byId.get(record.id) !== record || this.#ready.has(record.id)) return
    this.#ready.set(record.id, record)
    this.#readyCount.set(record.kind, this.countReady(record.kind) + 1)
  }

  remove(record: ConnectionRecord): void {
    if (!this.#byId.delete(record.id)) return
    if (this.#ready.delete(record.id)) this.#readyCount.set(record.kind, this.countReady(record.kind) - 1)
    if (record.key !== undefined && this.#byKey.get(record.key) === record) this.#byKey.delete(record.key)
    this.#letGo(record)
    this.#count.set(record.kind, this.count(record.kind) - 1)
  }

  get(id: PeerId): ConnectionRecord | undefined {
    return this.#byId.get(id)
  }

  /** The connection to an address, or the dial under way to it. */
  to(address: PeerAddress): ConnectionRecord | undefined {
    return this.#byKey.get(addressKey(address))
  }

  /** The first connection that has one of these keys. */
  withAny(keys: readonly AddressKey[]): ConnectionRecord | undefined {
    for (const key of keys) {
      const record = this.#byKey.get(key)
      if (record !== undefined) return record
    }
    return undefined
  }

  /**
   * From now on the connection is found by these addresses too, in the place of those that were given before.
   */
  standsFor(record: ConnectionRecord, addresses: readonly NetworkAddress[]): void {
    if (this.#byId.get(record.id) !== record) return
    this.#letGo(record)
    const keys = addresses.map(addressKey).filter((key) => !this.#byKey.has(key))
    for (const key of keys) this.#byKey.set(key, record)
    this.#others.set(record.id, keys)
  }

  #letGo({ id }: ConnectionRecord): void {
    for (const key of this.#others.get(id) ?? []) this.#byKey.delete(key)
    this.#others.delete(id)
  }

  /** Connections of a kind, those under way included. */
  count(kind: ConnectionKind): number {
    return this.#count.get(kind) ?? 0
  }

  /** Connections of a kind that are past their handshake. */
  countReady(kind: ConnectionKind): number {
    return this.#readyCount.get(kind) ?? 0
  }

  /** Connections to and from a host, whatever the port. */
  ofHost(address: NetworkAddress): ConnectionRecord[] {
    const host = hostKey(address)
    return [...this.#byId.values()].filter((record) => {
      const remote = remoteOf(record)
      return remote !== undefined && hostKey(remote) === host
    })
  }

  all(): IterableIterator<ConnectionRecord> {
    return this.#byId.values()
  }

  ready(): IterableIterator<ReadyConnection> {
    return this.#ready.values()
  }

  get size(): number {
    return this.#byId.size
  }
}
