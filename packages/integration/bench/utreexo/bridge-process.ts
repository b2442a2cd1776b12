import { regtest } from '@sapwood/wire-codec'
import { createMemoryStore, createNode, createTcpListener } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'

// A bridge on a chain of as many blocks as its argument says, which prints its port once it has all proofs.
const blocks = Number(process.argv[2])
const timeout = 600_000
const chain = new RegtestChain({ blocks, transactions: 5 })
const miner = await startRegtestPeer({ chain })
const node = await createNode(
  { network: regtest, connect: [miner.address], dnsSeeds: false, fixedSeeds: false },
  { listeners: [createTcpListener()] },
)
await node.chain.waitForHeight(blocks, { timeout })
const bridge = await createUtreexoBridge(node, { store: createMemoryStore() })
await bridge.waitForHeight(blocks, { timeout })
process.stdout.write(`${node.network.listening()[0]!.split(':').at(-1)!}\n`)
await new Promise(() => undefined)
