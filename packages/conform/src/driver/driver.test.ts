import { expect, it, vi } from 'vitest'
import { DriverError, isDriverError } from './driver.ts'

it('a failed driver is known from another copy of the package, and nothing else is taken for one', async () => {
  vi.resetModules()
  const copy = await import('./driver.ts')
  const theirs = new copy.DriverError('refused', 'no')
  expect(theirs).not.toBeInstanceOf(DriverError)
  expect(isDriverError(theirs)).toBe(true)
  expect(isDriverError(new DriverError('refused', 'no'))).toBe(true)
  const alike = Object.assign(new Error('no'), { name: 'DriverError', code: 'refused' })
  for (const other of [alike, undefined, null, 'refused', {}]) expect(isDriverError(other)).toBe(false)
})
