import { expect, it } from 'vitest'
import type { Io } from './io.ts'
import { createReport } from './report.ts'

/** What a NATS server or a relay's client may have said: it clears the screen and forges a line. */
const HOSTILE = 'no\u001b[2J\u009b\u202e\u2028\rsapwood: all is well'
const SHOWN = 'no\\u{1b}[2J\\u{9b}\\u{202e}\\u{2028}\\u{d}sapwood: all is well'

it('shows the words of others as what cannot steer a terminal', () => {
  const told: (string | Uint8Array)[] = []
  const io = { out: (data: string) => told.push(data), err: (text: string) => told.push(text) }
  const report = createReport(io as unknown as Io, { json: false, quiet: false })
  report.note(HOSTILE)
  report.line({ type: 'any' }, () => `first\n${HOSTILE}`)
  expect(told).toEqual([`${SHOWN}\n`, `first\n${SHOWN}\n`])
})
