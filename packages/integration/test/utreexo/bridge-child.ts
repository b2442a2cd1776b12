import { regtest } from '@sapwood/wire-codec'
import { createNode, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'

// A bridge in a process of its own, to be killed: its arguments are bitcoind's port and the folder of its
// store.
const [port, folder] = process.argv.slice(2)
const store = await openStore(folder!)
const node = await createNode(
  { network: regtest, connect: [`127.0.0.1:${port!}`], dnsSeeds: false, fixedSeeds: false },
  { store },
)
const bridge = await createUtreexoBridge(node, { store })
process.stdout.write(`started at ${bridge.info().tip.height}\n`)
await bridge.waitForHeight(bridge.info().tip.height + 1)
process.stdout.write('working\n')
await new Promise(() => undefined)
