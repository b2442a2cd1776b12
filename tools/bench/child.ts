import { pathToFileURL } from 'node:url'
import type { Bench } from './measure.ts'

// Each file runs in a process of its own: neither garbage nor compiled code of one bench weighs on the next.
const file = process.argv[2]!
const module = (await import(pathToFileURL(file).href)) as { default: Bench }
await module.default((figure) => {
  process.stdout.write(`${JSON.stringify(figure)}\n`)
})
// A peer or a node that a bench leaves behind is alive, and holds the process.
process.stdout.end(() => process.exit())
