import { createMemoryStore, createNode, createTcpListener } from '@sapwood/node'
import { openBlockStore, serveChain } from '@sapwood/storage'
import { regtest } from '@sapwood/wire-codec'

// A node of ours that has fetched the chain of the peer that its first argument names, up to the height of
// the second, into the folder of the third: it prints its port once it serves all of it.
const [from, height, folder] = process.argv.slice(2)
const blockStore = await openBlockStore(folder!, { network: regtest })
const node = await createNode(
  { network: regtest, connect: [from!], dnsSeeds: false, fixedSeeds: false },
  { store: createMemoryStore(), blockStore, listeners: [createTcpListener()] },
)
serveChain(node, { blockStore })
while (node.blocks.stored().range?.tip.height !== Number(height))
  await node.events.next('blocks-stored', { timeout: 600_000 })
process.stdout.write(`${node.network.listening()[0]!.split(':').at(-1)!}\n`)
await new Promise(() => undefined)
