import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../testing/index.ts'
import type { ByteStream } from './byte-stream.ts'
import { DIAL_STAGGER, raceDials } from './race-dials.ts'
import { streamPair } from './stream-pair.ts'

type Behaviour = 'silent' | 'refused' | number

/**
 * Dials of the given behaviours: never an answer, a refusal at once, or a stream after so many milliseconds.
 */
function setUp(behaviours: readonly Behaviour[]) {
  const clock = createVirtualClock()
  const abort = new AbortController()
  const dialled: number[] = []
  const ended: number[] = []
  const streams = behaviours.map(() => streamPair()[0])
  const start = clock.now()
  const winner = raceDials(
    behaviours.map((_, index) => index),
    (index, signal) =>
      new Promise<ByteStream>((resolve, reject) => {
        dialled.push(clock.now() - start)
        const behaviour = behaviours[index]!
        signal.addEventListener('abort', () => {
          ended.push(index)
          reject(signal.reason as Error)
        })
        if (behaviour === 'refused') reject(new Error(`refused ${index}`))
        else if (behaviour !== 'silent') clock.setTimer(behaviour, () => resolve(streams[index]!))
      }),
    { clock, signal: abort.signal },
  )
  return { clock, abort, dialled, ended, streams, winner }
}

describe('raceDials', () => {
  it('takes the second address where the first swallows packets', async () => {
    const { clock, dialled, ended, streams, winner } = setUp(['silent', 40])
    await clock.advance(DIAL_STAGGER + 40)
    expect(await winner).toBe(streams[1])
    expect(dialled).toEqual([0, DIAL_STAGGER])
    expect(ended).toContain(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not dial the second where the first answers in time', async () => {
    const { clock, dialled, streams, winner } = setUp([DIAL_STAGGER - 1, 40])
    await clock.advance(DIAL_STAGGER * 2)
    expect(await winner).toBe(streams[0])
    expect(dialled).toHaveLength(1)
  })

  it('goes on at once where one is refused, and ends with the last refusal', async () => {
    const { clock, dialled, winner } = setUp(['refused', 'refused', 'refused'])
    await expect(winner).rejects.toThrow('refused 2')
    expect(dialled).toEqual([0, 0, 0])
    expect(clock.pendingTimers).toBe(0)
  })

  it('waits for those under way when there are no more', async () => {
    const { clock, streams, winner } = setUp([3_000, 'refused'])
    await clock.advance(3_000)
    expect(await winner).toBe(streams[0])
  })

  it('ends by the signal, with nothing under way', async () => {
    const { clock, abort, ended, winner } = setUp(['silent', 'silent', 'silent'])
    const failure = expect(winner).rejects.toThrow('enough')
    await clock.advance(DIAL_STAGGER)
    abort.abort(new Error('enough'))
    await failure
    expect(ended).toEqual([0, 1])
    expect(clock.pendingTimers).toBe(0)
  })

  it('aborts a stream that comes too late', async () => {
    const clock = createVirtualClock()
    const aborted: string[] = []
    const late = { abort: (reason: Error) => aborted.push(reason.message) } as unknown as ByteStream
    const [quick] = streamPair()
    const winner = raceDials(
      [2_000, 600],
      (milliseconds) =>
        new Promise((resolve) =>
          clock.setTimer(milliseconds, () => resolve(milliseconds === 600 ? quick : late)),
        ),
      { clock, signal: new AbortController().signal },
    )
    await clock.advance(3_000)
    expect(await winner).toBe(quick)
    expect(aborted).toHaveLength(1)
  })
})
