import { createNode, openStore } from '@sapwood/node'
import { serveNode } from '@sapwood/node/remote'
import { cryptoBackend, onlyV1 } from '@sapwood/transport-v1v2'
import { regtest, sha256Backend } from '@sapwood/wire-codec'
import type { NodeSettings, WorkDoneBy } from './settings.ts'
import { createWatchedDialer } from './watched-dialer.ts'

/** The whole node: the thread of the page only shows it. */
serveNode<NodeSettings>(self, async ({ relay, peer, v1 }) => {
  const node = await createNode(
    { network: regtest, connect: [peer], filters: true, ...(v1 && { fallback: onlyV1 }) },
    {
      dialer: createWatchedDialer(relay, (seen) => self.postMessage(seen)),
      store: await openStore('light-client'),
    },
  )
  // Either may be loaded yet when the first peer is there.
  const tell = (): void => {
    const by: WorkDoneBy = { ciphers: cryptoBackend().name, hashes: sha256Backend().name }
    self.postMessage(by)
  }
  node.events.on('peer-ready', tell)
  node.events.on('tip-changed', tell)
  return node
})
