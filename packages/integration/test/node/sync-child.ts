import { regtest } from '@sapwood/wire-codec'
import { createNode, openStore } from '@sapwood/node'

// A node in a process of its own, to be killed: its arguments are bitcoind's port and the folder of its
// store.
const [port, folder] = process.argv.slice(2)
const store = await openStore(folder!)
const node = await createNode(
  { network: regtest, connect: [`127.0.0.1:${port!}`], dnsSeeds: false, fixedSeeds: false },
  { store },
)
process.stdout.write(`started at ${node.chain.tip().height}\n`)
for await (const item of node.blocks.follow({ from: Math.max(1, node.chain.tip().height) })) {
  if (item.type === 'block' && item.height % 100 === 0) process.stdout.write(`block ${item.height}\n`)
}
