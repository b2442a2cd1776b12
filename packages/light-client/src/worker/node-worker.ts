import {
  createMemoryStore,
  createNode,
  isNodeError,
  type KeyValueStore,
  type NodeHandle,
  openStore,
} from '@sapwood/node'
import { serveNode } from '@sapwood/node/remote'
import { cryptoBackend, onlyV1 } from '@sapwood/transport-v1v2'
import { regtest, sha256Backend } from '@sapwood/wire-codec'
import type { NodeSettings, WorkDoneBy } from './settings.ts'
import { createWatchedDialer } from './watched-dialer.ts'

/** The whole node: the thread of the page only shows it. */
serveNode<NodeSettings>(self, async (settings) => {
  const node = await startNode(settings)
  // Either may be loaded yet when the first peer is there.
  const tell = (): void => {
    const by: WorkDoneBy = { ciphers: cryptoBackend().name, hashes: sha256Backend().name }
    self.postMessage(by)
  }
  node.events.on('peer-ready', tell)
  node.events.on('tip-changed', tell)
  return node
})

async function startNode({ relay, peer, v1 }: NodeSettings): Promise<NodeHandle> {
  const startOn = (store: KeyValueStore): Promise<NodeHandle> =>
    createNode(
      { network: regtest, connect: [peer], filters: true, ...(v1 && { fallback: onlyV1 }) },
      { dialer: createWatchedDialer(relay, (seen) => self.postMessage(seen)), store },
    )
  const store = await openStore('light-client')
  try {
    return await startOn(store)
  } catch (error) {
    await store.close()
    // Where the origin has no room the next visit begins anew, and this one is none the worse.
    if (isNodeError(error) && error.code === 'store-full') return await startOn(createMemoryStore())
    throw error
  }
}
