import { describe, expect, it } from 'vitest'
import { untilAborted, whenAborted } from './until-aborted.ts'

describe('untilAborted', () => {
  it('settles with the work', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(signal, () => Promise.resolve(1))).toBe(1)
    expect(await untilAborted(undefined, () => 2)).toBe(2)
    const fault = new Error('of the work')
    await expect(untilAborted(signal, () => Promise.reject(fault))).rejects.toBe(fault)
  })

  it('does not wait longer than the signal lets, and drops what the work ends with', async () => {
    const controller = new AbortController()
    let fail: (fault: Error) => void = () => undefined
    const waiting = untilAborted(controller.signal, () => new Promise((_, reject) => (fail = reject)))
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    fail(new Error('unheard'))
  })

  it('does not begin work for a signal that has aborted, and makes an error of any reason', async () => {
    let begun = false
    const work = (): void => void (begun = true)
    await expect(untilAborted(AbortSignal.abort('why'), work)).rejects.toMatchObject({ cause: 'why' })
    expect(begun).toBe(false)
  })

  it('leaves no listener at the signal', async () => {
    const { signal } = new AbortController()
    let listening = 0
    const count = (name: 'addEventListener' | 'removeEventListener', change: number): void => {
      const own = signal[name].bind(signal) as (...given: unknown[]) => void
      signal[name] = (...given: unknown[]) => {
        listening += change
        own(...given)
      }
    }
    count('addEventListener', 1)
    count('removeEventListener', -1)
    await untilAborted(signal, () => {
      expect(listening).toBe(1)
    })
    expect(listening).toBe(0)
  })
})

it('whenAborted waits for a signal, and not for one that has aborted', async () => {
  const controller = new AbortController()
  let is = false
  const waiting = whenAborted(controller.signal).then(() => (is = true))
  await Promise.resolve()
  expect(is).toBe(false)
  controller.abort()
  await waiting
  await whenAborted(controller.signal)
})
