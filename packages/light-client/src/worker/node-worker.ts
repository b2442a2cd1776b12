import { createNode, openStore } from '@sapwood/node'
import { serveNode } from '@sapwood/node/remote'
import { onlyV1 } from '@sapwood/transport-v1v2'
import { regtest } from '@sapwood/wire-codec'
import type { NodeSettings } from './settings.ts'
import { createWatchedDialer } from './watched-dialer.ts'

/** The whole node: the thread of the page only shows it. */
serveNode<NodeSettings>(self, async ({ relay, peer, v1 }) =>
  createNode(
    { network: regtest, connect: [peer], filters: true, ...(v1 && { fallback: onlyV1 }) },
    {
      dialer: createWatchedDialer(relay, (seen) => self.postMessage(seen)),
      store: await openStore('light-client'),
    },
  ),
)
