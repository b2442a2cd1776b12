import { regtest } from '@sapwood/wire-codec'
import { createMemoryStore, createNode, createTcpListener, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'

// A bridge on a chain of as many blocks as its first argument says, which prints its port once it has all
// proofs, the seconds that it took, and those of CPU time: on a chain of its own, or on that of the peer that
// the second names, kept in the folder of the third.
const [height, of, folder] = process.argv.slice(2)
const blocks = Number(height)
const timeout = 600_000
const miner = of ?? (await startRegtestPeer({ chain: new RegtestChain({ blocks, transactions: 5 }) })).address
const start = process.hrtime.bigint()
const before = process.cpuUsage()
const node = await createNode(
  { network: regtest, connect: [miner], dnsSeeds: false, fixedSeeds: false },
  { listeners: [createTcpListener()] },
)
const store = folder === undefined ? createMemoryStore() : await openStore(folder)
const bridge = await createUtreexoBridge(node, { store })
await bridge.waitForHeight(blocks, { timeout })
const seconds = Number(process.hrtime.bigint() - start) / 1e9
const { user, system } = process.cpuUsage(before)
const port = node.network.listening()[0]!.split(':').at(-1)!
process.stdout.write(`${port} ${seconds} ${(user + system) / 1e6}\n`)
await new Promise(() => undefined)
