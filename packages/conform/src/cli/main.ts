#!/usr/bin/env node
import { conform } from './conform.ts'

/** Exit code where nobody reads what is printed: as for a report that cannot be written. */
const UNREAD = 2

// The first ends the run with a report of what has been run, the second ends the process.
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
process.stdout.on('error', () => process.exit(UNREAD))
process.exit(await conform(process.argv.slice(2), interruption.signal))
