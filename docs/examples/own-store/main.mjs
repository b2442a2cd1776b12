// A store of one's own: here a Map, in your program whatever keeps keys and values. `describeKeyValueStore` of
// @sapwood/node/conformance tests one.
import { startRegtestPeer } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { formatPeerAddress, regtest } from '@sapwood/wire-codec'

/** @returns {import('@sapwood/node').KeyValueStore} */
function createMapStore() {
  const namespaces = new Map()
  return {
    namespace: (name) => {
      const entries = namespaces.get(name) ?? new Map()
      namespaces.set(name, entries)
      return {
        get: async (key) => entries.get(key),
        entries: async function* (/** @type {import('@sapwood/node').KeyRange} */ { from, before } = {}) {
          for (const key of [...entries.keys()].sort()) {
            const isIn = (from === undefined || key >= from) && (before === undefined || key < before)
            if (isIn) yield [key, entries.get(key)]
          }
        },
        batch: async (operations) => {
          for (const operation of operations) {
            if (operation.type === 'put') entries.set(operation.key, operation.value.slice())
            else entries.delete(operation.key)
          }
        },
      }
    },
  }
}

const store = createMapStore()
const remote = await startRegtestPeer()
const options = { network: regtest, connect: [formatPeerAddress(remote.address)] }
const first = await createNode(options, { store })
await first.chain.waitForHeight(100)
await first.stop()
await remote.stop()

// The peer is gone; the next node still knows the chain.
const second = await createNode(options, { store })
console.log('height after a restart:', second.chain.tip().height)
if (second.chain.tip().height !== 100) throw new Error('the headers were not kept')
await second.stop()
