import { DecodeError, isDecodeError } from '@sapwood/wire-codec'
import { describe, expect, it, vi } from 'vitest'
import { isTransportError, TransportError } from './transport-error.ts'

describe('isTransportError', () => {
  it('knows those of another copy of the package, and no others', async () => {
    vi.resetModules()
    const copy = await import('./transport-error.ts')
    const theirs = new copy.TransportError('timeout', 'late')
    expect(theirs).not.toBeInstanceOf(TransportError)
    expect(isTransportError(theirs)).toBe(true)
    expect(isTransportError(new TransportError('timeout', 'late'))).toBe(true)
    const alike = Object.assign(new Error('late'), { name: 'TransportError', code: 'timeout' })
    for (const other of [
      alike,
      new DecodeError('truncated', { offset: 0 }),
      undefined,
      null,
      'timeout',
      {},
    ]) {
      expect(isTransportError(other)).toBe(false)
    }
    expect(isDecodeError(new DecodeError('truncated', { offset: 0 }))).toBe(true)
    expect(isDecodeError(theirs)).toBe(false)
  })

  it('leaves nothing of it in what is printed or compared', () => {
    const error = new TransportError('timeout', 'late', { limit: 5 })
    expect(Object.keys(error).sort()).toEqual(['code', 'limit', 'name'])
    expect(Object.getOwnPropertySymbols(error)).toEqual([])
  })
})
