import { parseArgs } from 'node:util'
import { utreexoInterop } from './utreexo/utreexo-interop.ts'

const USAGE = `Usage: npm run interop -- utreexo [options]

Runs our Utreexo software against that of others on regtest chains of a real bitcoind, over v1 and v2, and compares the roots of both
sides: utreexod as a bridge for our node; utreexod, as a node without coins, and florestad as clients of our bridge.

The programs are those of the variables UTREEXOD and FLORESTAD, or on PATH; nothing installs them. What is not there is left out, and
counts as failed unless --only leaves it out.

Options:
  --only NAME    what to run, by a part of its name, more than one with commas
  --keep         leaves the folders with the programs' logs, and says where
  -h, --help     print this`

/** Exit code for a command line that was not understood. */
const BAD_USAGE = 2

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) console.log(USAGE)
else if (positionals.length !== 1 || positionals[0] !== 'utreexo') {
  console.error(USAGE)
  process.exit(BAD_USAGE)
} else {
  const passed = await utreexoInterop({
    only: values.only?.split(',') ?? [''],
    keep: values.keep,
    say: (line) => console.log(line),
  })
  process.exit(passed ? 0 : 1)
}
