#!/usr/bin/env node
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { EXIT } from './errors/exit-code.ts'
import { run } from './program.ts'
import { processIo } from './terminal/default-io.ts'

const stopping = new AbortController()
let asked = 0
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // Who asks twice does not want to wait for a clean end.
    if (++asked > 1) process.exit(EXIT.interrupted)
    stopping.abort(new Error('interrupted'))
  })
}

const { stdin, stdout } = process
// Exits by itself even where something has been left open.
process.exit(
  await run(process.argv.slice(2), {
    io: processIo(),
    clock: systemClock,
    signal: stopping.signal,
    ...(stdin.isTTY &&
      stdout.isTTY && {
        openScreen: async () => (await import('./terminal/default-screen.ts')).openProcessScreen(),
      }),
  }),
)
