import { findBitcoind } from '../bitcoind/find-bitcoind.ts'
import { isIntegrationError } from '../errors/integration-error.ts'
import { printableLines } from '../errors/printable.ts'

// Finds a bitcoind, or installs one into .cache/bitcoind, and prints how it is started.
const USAGE = `Usage: npm run bitcoind -- [--no-install]

Prints the command that starts bitcoind: that of the BITCOIND variable, that on PATH, that in .cache/bitcoind, or one
installed there first (Debian's bitcoin-knots where apt is present, else Bitcoin Core's own archive).
  --no-install   only look`

const args = process.argv.slice(2)
const unknown = args.find((arg) => !['--no-install', '--help', '-h'].includes(arg))
if (unknown !== undefined) {
  console.error(`unknown option ${unknown}\n${USAGE}`)
  process.exit(2)
}
if (args.includes('--help') || args.includes('-h')) {
  console.log(USAGE)
  process.exit(0)
}

try {
  const install = !args.includes('--no-install')
  const program = await findBitcoind({ install, onProgress: (line) => console.error(printableLines(line)) })
  console.error(`found: ${program.origin}${program.packages.length > 0 ? `, ${program.packages[0]!}` : ''}`)
  console.log(program.command.join(' '))
} catch (error) {
  if (!isIntegrationError(error)) throw error
  console.error(error.message)
  process.exit(1)
}
