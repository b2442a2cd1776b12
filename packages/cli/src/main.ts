#!/usr/bin/env node
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { EXIT, type ExitCode } from './errors/exit-code.ts'
import { run } from './program.ts'
import { processIo } from './terminal/default-io.ts'

const stopping = new AbortController()
let asked = 0
let isDone = false
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // Who asks twice does not want to wait for a clean end, nor for whoever reads the last of the output.
    if (++asked > 1 || isDone) process.exit(EXIT.interrupted)
    stopping.abort(new Error('interrupted'))
  })
}

const { stdin, stdout } = process
let outputEnd: ExitCode | undefined
const io = processIo((exitCode) => {
  outputEnd = exitCode
  stopping.abort(new Error('nobody reads the output'))
})
const exitCode = await run(process.argv.slice(2), {
  io,
  clock: systemClock,
  signal: stopping.signal,
  ...(stdin.isTTY &&
    stdout.isTTY && {
      openScreen: async () => (await import('./terminal/default-screen.ts')).openProcessScreen(),
    }),
})
isDone = true
await io.flush()
// Exits by itself even where something has been left open.
process.exit(outputEnd ?? exitCode)
