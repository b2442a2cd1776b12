import { parseArgs } from 'node:util'
import { btcdCases } from './btcd/btcd-interop.ts'
import { type InteropCase, runInteropCases } from './run-cases.ts'
import { utreexoCases } from './utreexo/utreexo-interop.ts'

const USAGE = `Usage: npm run interop -- utreexo|btcd [options]

Runs our software against that of others on regtest chains of a real bitcoind.

utreexo: utreexod as a bridge for our node; utreexod, as a node without coins, and florestad as clients of our bridge, over v1 and v2; the
roots of both sides are compared. The programs are those of the variables UTREEXOD and FLORESTAD, or on PATH; nothing installs them.

btcd: a btcd does its whole initial download from our node that serves, over v1 and v2, reorg included; a wallet on neutrino finds its
payments by our filters. The programs are those of the variables BTCD and NEUTRINO_WALLET, or on PATH; where Go is they are built.

What is not there is left out, and counts as failed unless --only or --skip-missing leaves it out.

Options:
  --only NAME    what to run, by a part of its name, more than one with commas
  --skip-missing what is not there and cannot be built is said, and fails nothing
  --keep         leaves the folders with the programs' logs, and says where
  -h, --help     print this`

/** Exit code for a command line that was not understood. */
const BAD_USAGE = 2

const SETS: Readonly<Record<string, readonly InteropCase[]>> = { utreexo: utreexoCases, btcd: btcdCases }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    'skip-missing': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const cases = positionals.length === 1 ? SETS[positionals[0]!] : undefined
if (values.help) console.log(USAGE)
else if (cases === undefined) {
  console.error(USAGE)
  process.exit(BAD_USAGE)
} else {
  const passed = await runInteropCases(cases, {
    only: values.only?.split(',') ?? [''],
    keep: values.keep,
    skipMissing: values['skip-missing'],
    say: (line) => console.log(line),
  })
  process.exit(passed ? 0 : 1)
}
