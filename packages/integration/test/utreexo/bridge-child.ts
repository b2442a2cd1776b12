import { regtest } from '@sapwood/wire-codec'
import { createNode, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'

// Bridges in a process of their own, to be killed: its arguments are bitcoind's port and the folders of their
// stores. Each line begins with the number of a bridge, but for the word that all are at work.
const [port, ...folders] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function work(folder: string, number: number): Promise<void> {
  const store = await openStore(folder)
  const node = await createNode(
    { network: regtest, connect: [`127.0.0.1:${port!}`], dnsSeeds: false, fixedSeeds: false },
    { store },
  )
  const bridge = await createUtreexoBridge(node, { store })
  say(`${number}: started at ${bridge.info().tip.height}`)
  await bridge.waitForHeight(bridge.info().tip.height + 1)
}

await Promise.all(folders.map(work))
say('working')
await new Promise(() => undefined)
