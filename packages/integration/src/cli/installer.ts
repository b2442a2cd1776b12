#!/usr/bin/env node
import { install } from './install.ts'
import { runBitcoind } from './run-bitcoind.ts'

const USAGE = `Usage: sapwood-integration COMMAND [options]

  install    finds a bitcoind, or installs one
  bitcoind   runs one on regtest, for programs to connect to
  fleet      crawls listeners of this machine by several workers, a third of which are killed

COMMAND --help says more.`

const [command, ...args] = process.argv.slice(2)
switch (command) {
  case 'install':
    process.exit(await install(args))
    break
  case 'bitcoind': {
    const interruption = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
    process.exit(await runBitcoind(args, { signal: interruption.signal }))
    break
  }
  case 'fleet': {
    // Not before it is needed: most of the stack comes with it.
    const { runFleet } = await import('./run-fleet.ts')
    process.exit(await runFleet(args))
    break
  }
  case '--help':
  case '-h':
    console.log(USAGE)
    break
  default:
    console.error(command === undefined ? USAGE : `there is no command '${command}'\n${USAGE}`)
    process.exitCode = 2
}
