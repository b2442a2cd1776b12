import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { parsePeerAddress } from '@sapwood/wire-codec'
import { createTcpListener } from '../src/connections/tcp-listener.node.ts'
import { createMemoryStore } from '../src/store/memory-store.ts'
import type { OpenStore } from '../src/store/open-store.ts'
import { openStore } from '../src/store/open-store.node.ts'
import { describeKeyValueStore, describeListener } from '../src/conformance.ts'

describeKeyValueStore('in memory', {
  open: () => {
    const store = createMemoryStore()
    return Promise.resolve({ store, close: () => store.close() })
  },
})

describeKeyValueStore('LevelDB', {
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-store-'))
    let store: OpenStore = await openStore(folder)
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openStore(folder)
        return store
      },
      close: async () => {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
})

const signal = new AbortController().signal

describeListener('TCP', {
  open: () =>
    Promise.resolve({
      listener: createTcpListener(),
      dial: ({ address }) =>
        createTcpDialer().dial(parsePeerAddress(address, { defaultPort: 0 }), { signal }),
    }),
})
