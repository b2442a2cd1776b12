import { formatPeerAddress, type NetworkAddress, parsePeerAddress } from '@sapwood/wire-codec'
import type { KeyValueNamespace } from '../store/key-value-store.ts'

/** Block-relay-only peers kept for the next start (Core, `MAX_BLOCK_RELAY_ONLY_ANCHORS`). */
const MAX_ANCHORS = 2
const KEY = 'anchors'

/**
 * The addresses of block-relay-only peers from one run to the next, so that a restart cannot be used to
 * surround the node. Addresses, never ids of connections.
 */
export class AnchorStore {
  readonly #entries: KeyValueNamespace

  constructor(entries: KeyValueNamespace) {
    this.#entries = entries
  }

  /** Those of last time, and forgets them: a node that dies at once because of one does not meet it again. */
  async take(): Promise<NetworkAddress[]> {
    const value = await this.#entries.get(KEY)
    if (value === undefined) return []
    await this.#entries.batch([{ type: 'delete', key: KEY }])
    return decode(value)
  }

  async save(anchors: readonly NetworkAddress[]): Promise<void> {
    const text = anchors.slice(0, MAX_ANCHORS).map(formatPeerAddress).join('\n')
    if (text === '') return
    await this.#entries.batch([{ type: 'put', key: KEY, value: new TextEncoder().encode(text) }])
  }
}

function decode(value: Uint8Array): NetworkAddress[] {
  const anchors: NetworkAddress[] = []
  for (const line of new TextDecoder().decode(value).split('\n')) {
    try {
      const address = parsePeerAddress(line, { defaultPort: 0 })
      if (address.network !== 'name') anchors.push(address)
    } catch {
      // What does not read is no anchor.
    }
  }
  return anchors.slice(0, MAX_ANCHORS)
}
