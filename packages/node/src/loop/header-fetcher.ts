import { type BlockHash, blockHash, type BlockHeader, bytesEqual, Services } from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId } from '@sapwood/peer'
import type { ReadyConnection } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { EventSource } from '../events/event-source.ts'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { CallQueue } from './call-queue.ts'

/** Milliseconds that a peer has for a header: who lacks it says nothing (Core). */
const HEADER_TIMEOUT = 5_000
/** Milliseconds after which peers are asked again, where no other has come before. */
const NEXT_ROUND = 10_000

export interface HeaderFetcherComponents {
  readonly table: ConnectionTable
  readonly calls: Pick<CallQueue, 'call'>
  readonly events: EventSource<ConnectionEvents>
}

/** Fetches single headers by their hash, from whoever has them: for as long as its caller waits. */
export class HeaderFetcher {
  readonly #parts: HeaderFetcherComponents
  /** Who had the last header. */
  #hadLast: PeerId | undefined

  constructor(components: HeaderFetcherComponents) {
    this.#parts = components
  }

  /** @throws the signal's reason; NodeError `stopped`. */
  async fetch(hash: BlockHash, signal: AbortSignal): Promise<BlockHeader> {
    const { table, calls, events } = this.#parts
    // Without a locator a peer sends the one header that it is asked for (Core, `ProcessGetHeaders`).
    const question = { locator: [], stopHash: hash }
    for (;;) {
      const peers = await calls.call('header-peers', () =>
        [...table.ready()]
          .filter(
            ({ kind, version, leaving }) =>
              !leaving && !kindBehaviour[kind].shortLived && (version.services & SERVES_HEADERS) !== 0n,
          )
          .sort((a, b) => this.#rank(a) - this.#rank(b)),
      )
      for (const { id, peer } of peers) {
        const found = await peer
          .getHeaders(question, { signal, timeout: HEADER_TIMEOUT })
          .catch((): readonly BlockHeader[] => [])
        signal.throwIfAborted()
        const [header] = found
        if (found.length !== 1 || !bytesEqual(blockHash(header!), hash)) continue
        this.#hadLast = id
        return header!
      }
      await events.next('peer-ready', { signal, timeout: NEXT_ROUND }).catch(() => undefined)
      signal.throwIfAborted()
    }
  }

  /** Anybody can dial us, and be silent: for each of them a header would be waited for in vain. */
  #rank({ id, kind }: ReadyConnection): number {
    if (id === this.#hadLast) return 0
    return kind === 'inbound' ? 2 : 1
  }
}

const SERVES_HEADERS = Services.NETWORK | Services.NETWORK_LIMITED
