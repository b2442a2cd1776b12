import { AssertionError } from 'node:assert'
import { expect, it, vi } from 'vitest'
import { isWireAssertionError, WireAssertionError } from './wire-assertion-error.ts'

const FAILURE = { expected: 'a pong', received: 'nothing', wireLog: '', seed: '1' }

it('is known from another copy of the package, and nothing else is taken for one', async () => {
  vi.resetModules()
  const copy = await import('./wire-assertion-error.ts')
  const theirs = new copy.WireAssertionError(FAILURE)
  expect(theirs).not.toBeInstanceOf(WireAssertionError)
  expect(isWireAssertionError(theirs)).toBe(true)
  expect(isWireAssertionError(new WireAssertionError(FAILURE))).toBe(true)
  const alike = Object.assign(new AssertionError({ message: 'a pong' }), FAILURE)
  for (const other of [alike, undefined, null, 'a pong', {}]) expect(isWireAssertionError(other)).toBe(false)
  expect(Object.getOwnPropertySymbols(theirs)).toEqual([])
})
