import { mkdir } from 'node:fs/promises'
import { openStore } from '@sapwood/node'
import { formatPeerAddress, type Network, type PeerAddress, parsePeerAddress } from '@sapwood/wire-codec'

const VISITED = Uint8Array.of(1)
const WAITING = Uint8Array.of(0)

/** What an earlier run knew. */
interface KnownAddresses {
  readonly visited: readonly PeerAddress[]
  readonly waiting: readonly PeerAddress[]
}

/** Where a crawl is kept, so that it can be ended at any time and taken up again. */
interface CrawlStore extends AsyncDisposable {
  load(): Promise<KnownAddresses>
  /** Notes a visit, and the addresses that it added. What cannot be written ends `close`. */
  note(visited: PeerAddress, found: readonly PeerAddress[]): void
}

/** Opens the store of a network's crawl. @throws NodeError where the folder cannot be used. */
export async function openCrawlStore(folder: string, { name, defaultPort }: Network): Promise<CrawlStore> {
  await mkdir(folder, { recursive: true })
  const store = await openStore(folder)
  const addresses = store.namespace(`crawl-${name}`)
  let writing: Promise<void> = Promise.resolve()
  let failure: Error | undefined
  return {
    load: async () => {
      const visited: PeerAddress[] = []
      const waiting: PeerAddress[] = []
      for await (const [text, value] of addresses.entries()) {
        const address = parsePeerAddress(text, { defaultPort })
        if (value[0] === VISITED[0]) visited.push(address)
        else waiting.push(address)
      }
      return { visited, waiting }
    },
    note: (address, found) => {
      const operations = [
        { type: 'put', key: formatPeerAddress(address), value: VISITED } as const,
        ...found.map((each) => ({ type: 'put', key: formatPeerAddress(each), value: WAITING }) as const),
      ]
      writing = writing
        .then(() => addresses.batch(operations))
        .catch((error: unknown) => {
          failure ??= error instanceof Error ? error : new Error(String(error))
        })
    },
    [Symbol.asyncDispose]: async () => {
      await writing
      await store.close()
      if (failure !== undefined) throw failure
    },
  }
}
