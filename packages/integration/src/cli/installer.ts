#!/usr/bin/env node
import { install } from './install.ts'
import { runBitcoind } from './run-bitcoind.ts'

const USAGE = `Usage: sapwood-integration COMMAND [options]

  install    finds a bitcoind, or installs one
  bitcoind   runs one on regtest, for programs to connect to

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
  case '--help':
  case '-h':
    console.log(USAGE)
    break
  default:
    console.error(command === undefined ? USAGE : `there is no command '${command}'\n${USAGE}`)
    process.exitCode = 2
}
