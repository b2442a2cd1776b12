import type { KV, KvEntry } from '@nats-io/kv'
import { bytesEqual, formatPeerAddress, type Network, type PeerAddress } from '@sapwood/wire-codec'
import { isWrongSequence } from '../nats/server-answer.ts'
import { type KnownNode, neverTried } from './known-node.ts'
import { decodeKnownNode, encodeKnownNode } from './known-node-record.ts'
import { isThere } from './kv-entry.ts'
import { natsKey, textOfNatsKey } from './nats-key.ts'
import type { NatsPatience } from './nats-patience.ts'
import { readAddress } from './read-address.ts'
import { decodeRound, encodeRound, type Round } from './round.ts'

/** The key of the round: no address has it, for each has a port. */
const ROUND_KEY = 'round'

/** An entry as it was read, and what it says. */
export interface KnownEntry {
  readonly node: KnownNode
  /** 0 where there is none. */
  readonly revision: number
}

/** The bucket of what is known of each address, and of the round. */
export class NatsNodes {
  readonly #nodes: KV
  readonly #network: Network
  readonly #patience: NatsPatience

  constructor(nodes: KV, network: Network, patience: NatsPatience) {
    this.#nodes = nodes
    this.#network = network
    this.#patience = patience
  }

  async get(address: PeerAddress): Promise<KnownEntry> {
    const entry = await this.#read(keyOf(address))
    if (!isThere(entry)) return { node: neverTried(address), revision: 0 }
    return { node: decodeKnownNode(address, entry.value), revision: entry.revision }
  }

  /** @returns false where another has written it since it was read. */
  set({ revision }: KnownEntry, node: KnownNode): Promise<boolean> {
    return this.#compareAndSet(keyOf(node.address), encodeKnownNode(node), revision)
  }

  async delete({ address }: KnownNode): Promise<void> {
    await this.#patience.ask(() => this.#nodes.delete(keyOf(address)))
  }

  /** Addresses that are remembered. */
  async count(): Promise<number> {
    const { values } = await this.#patience.ask(() => this.#nodes.status())
    // The round has an entry, too.
    return Math.max(0, values - 1)
  }

  async *all(): AsyncGenerator<KnownNode, void, undefined> {
    const entries = await this.#patience.ask(() => this.#nodes.history())
    for await (const entry of entries) {
      if (!isThere(entry) || entry.key === ROUND_KEY) continue
      const address = readAddress(textOfNatsKey(entry.key), this.#network)
      if (address !== undefined) yield decodeKnownNode(address, entry.value)
    }
  }

  async round(): Promise<{ readonly round: Round; readonly revision: number }> {
    const entry = await this.#read(ROUND_KEY)
    const round = isThere(entry) ? decodeRound(entry.value) : undefined
    return { round: round ?? { number: 1, began: 0 }, revision: entry?.revision ?? 0 }
  }

  /** @returns false where another was first. */
  setRound(round: Round, revision: number): Promise<boolean> {
    return this.#compareAndSet(ROUND_KEY, encodeRound(round), revision)
  }

  #read(key: string): Promise<KvEntry | null> {
    return this.#patience.ask(() => this.#nodes.get(key))
  }

  async #compareAndSet(key: string, value: Uint8Array, revision: number): Promise<boolean> {
    let times = 0
    try {
      await this.#patience.ask((time) => {
        times = time
        return revision === 0 ? this.#nodes.create(key, value) : this.#nodes.update(key, value, revision)
      })
      return true
    } catch (error) {
      if (!isWrongSequence(error)) throw error
    }
    if (times === 1) return false
    // An earlier answer may have been lost, and what is there is our own.
    const found = await this.#read(key)
    return isThere(found) && bytesEqual(found.value, value)
  }
}

function keyOf(address: PeerAddress): string {
  return natsKey(formatPeerAddress(address))
}
