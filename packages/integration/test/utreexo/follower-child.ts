import { regtest } from '@sapwood/wire-codec'
import { createNode, openStore } from '@sapwood/node'

// A node without coins in a process of its own, to be killed: its arguments are a bridge's port and the folder of its store.
const [port, folder] = process.argv.slice(2)
const store = await openStore(folder!)
const node = await createNode(
  {
    network: regtest,
    connect: [`127.0.0.1:${port!}`],
    dnsSeeds: false,
    fixedSeeds: false,
    utreexo: true,
  },
  { store },
)
for (const name of ['utreexo-suspected', 'utreexo-stopped', 'proof-invalid'] as const)
  node.events.on(name, (event) => {
    process.stderr.write(`${name} ${String('error' in event ? event.error : '')}\n`)
    process.exit(1)
  })
const state = node.utreexo.state()
process.stdout.write(`started at ${state?.height ?? 0}\n`)
await node.events.next('block-proved', { timeout: 60_000 })
process.stdout.write('working\n')
