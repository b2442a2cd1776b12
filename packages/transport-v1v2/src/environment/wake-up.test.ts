import { expect, it } from 'vitest'
import { WakeUp } from './wake-up.ts'

it('wakes whoever waits at the next ring, or by a signal, and nobody for what was before', async () => {
  const change = new WakeUp()
  change.ring()
  const woken: string[] = []
  const controller = new AbortController()
  const first = change.wait().then(() => woken.push('first'))
  const second = change.wait(controller.signal).then(() => woken.push('second'))
  controller.abort()
  await second
  expect(woken).toEqual(['second'])
  change.ring()
  await first
  expect(woken).toEqual(['second', 'first'])
  // One whose signal has fired does not wait at all.
  await change.wait(controller.signal)
})
