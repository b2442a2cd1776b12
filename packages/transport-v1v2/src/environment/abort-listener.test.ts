import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../testing/index.ts'
import { addAbortListener, removeAbortListener } from './abort-listener.ts'
import { withDeadline } from './deadline.ts'

describe('listeners of a signal', () => {
  it('are one, however many calls wait by it, and none when they are over', async () => {
    const clock = createVirtualClock()
    const abort = new AbortController()
    const outer = { signal: abort.signal }
    const calls = Array.from({ length: 60 }, (_, index) =>
      withDeadline(clock, index + 1, () => new Promise(() => undefined), outer).catch(
        (error: unknown) => error,
      ),
    )
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    await clock.advance(30)
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    abort.abort(new Error('enough'))
    expect(await Promise.all(calls)).toMatchObject([
      ...Array.from({ length: 30 }, () => ({ name: 'TimeoutError' })),
      ...Array.from({ length: 30 }, () => ({ message: 'enough' })),
    ])
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('are called once each, in order, whatever another of them does', () => {
    const abort = new AbortController()
    const called: string[] = []
    const never = (): void => void called.push('never')
    addAbortListener(abort.signal, () => {
      called.push('first')
      removeAbortListener(abort.signal, never)
    })
    addAbortListener(abort.signal, never)
    addAbortListener(abort.signal, () => called.push('last'))
    abort.abort()
    addAbortListener(abort.signal, () => called.push('too late'))
    expect(called).toEqual(['first', 'last'])
  })
})
