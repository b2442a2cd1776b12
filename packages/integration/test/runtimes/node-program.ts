import { createMemoryStore, createNode } from '@sapwood/node'
import { hashToHex, networkByName } from '@sapwood/wire-codec'

// Runs in the runtime under test: a node that follows the bitcoind named as its argument by headers and
// filters. It says in a line of JSON what it found, and ends by itself.

const [peer = '', height = ''] = process.argv.slice(2)
const node = await createNode(
  { network: networkByName('regtest'), connect: [peer], filters: true },
  { store: createMemoryStore() },
)
await node.chain.waitForHeight(Number(height))
const [{ transport, userAgent } = { transport: 'none', userAgent: '' }] = node.peers()
let blocks = 0
for await (const item of node.filters.follow({ scripts: [Uint8Array.of(0x51)], from: 1 })) {
  if (item.type === 'block') blocks++
  const at = item.type === 'passed' ? item.position.height : item.type === 'block' ? item.height : 0
  if (at >= Number(height)) break
}
const hash = hashToHex(node.chain.tip().hash)
await node.stop()
console.log(JSON.stringify({ hash, transport, userAgent, blocks }))
