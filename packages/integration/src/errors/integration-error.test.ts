import { expect, it } from 'vitest'
import { IntegrationError } from './integration-error.ts'

it('shows what a program said as what cannot steer a terminal, and keeps it as it is beside that', () => {
  const stderr = 'Error\u001b[2J\r\u202e'
  const details = { stderr, log: 'one\u0007\ntwo' }
  const error = new IntegrationError('process-exited', `bitcoind ended by itself: ${stderr}`, details)
  expect(error.message).toBe(
    "bitcoind ended by itself: Error\\u{1b}[2J\\u{d}\\u{202e}\nThe last lines of bitcoind's log:\none\\u{7}\ntwo",
  )
  expect(error.stderr).toBe(stderr)
})
