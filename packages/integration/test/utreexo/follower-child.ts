import { bytesToHex, hashToHex, regtest } from '@sapwood/wire-codec'
import { createNode, type KeyValueStore, openStore } from '@sapwood/node'
import { sleep } from '../../src/programs/default-sleep.ts'

// Nodes without coins in a process of their own, to be killed: its arguments are a bridge's port and the
// folders of their stores. Of each it says how far the store was found to be, what state it began with, and
// each height that the store has from then on. Each line begins with the number of a node, but for the word
// that all are at work.
const [port, ...folders] = process.argv.slice(2)
const heightOf = (mark: Uint8Array): number => new DataView(mark.buffer, mark.byteOffset).getUint32(0, true)

async function work(folder: string, number: number): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${number}: ${line}\n`)
  const store = await openStore(folder)
  const mark = await store.namespace('utreexo').get('mark')
  say(`found ${mark === undefined ? 0 : heightOf(mark)}`)
  const told: KeyValueStore = {
    namespace: (name) => {
      const space = store.namespace(name)
      if (name !== 'utreexo') return space
      return {
        get: (key) => space.get(key),
        entries: (range) => space.entries(range),
        batch: async (operations) => {
          await space.batch(operations)
          for (const operation of operations)
            if (operation.key === 'mark' && operation.type === 'put') say(`kept ${heightOf(operation.value)}`)
        },
      }
    },
  }
  const node = await createNode(
    { network: regtest, connect: [`127.0.0.1:${port!}`], dnsSeeds: false, fixedSeeds: false, utreexo: true },
    { store: told },
  )
  // There is one bridge, and it does not lie: what fails is our own state.
  for (const name of ['utreexo-suspected', 'utreexo-stopped', 'proof-invalid'] as const)
    node.events.on(name, () => {
      process.stderr.write(`${name}\n`)
      process.exit(1)
    })
  const proved = node.events.next('block-proved', { timeout: 60_000 })
  for (;;) {
    const state = node.utreexo.state()
    if (state !== undefined) {
      const roots = state.roots.map((root) => bytesToHex(root)).join(',')
      say(`started at ${state.height} ${hashToHex(state.hash)} ${roots}`)
      break
    }
    await sleep(1)
  }
  await proved
}

await Promise.all(folders.map(work))
process.stdout.write('working\n')
await new Promise(() => undefined)
