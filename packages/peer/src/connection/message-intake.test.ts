import type { Transport } from '@sapwood/transport-v1v2'
import type { MemoryAccount, TurnLane } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { BackPressure } from './back-pressure.ts'
import { MessageIntake } from './message-intake.ts'

/** Has a batch handled by an intake that waits after every so many messages. */
async function handle(
  messages: number,
  every: number,
): Promise<{ taken: number; looks: number; rests: number }> {
  const counted = { taken: 0, looks: 0, rests: 0 }
  let waited = 0
  const lane: Pick<TurnLane, 'due' | 'enter' | 'leave' | 'rest'> = {
    due: () => {
      counted.looks += 1
      return undefined
    },
    enter: () => undefined,
    leave: () => undefined,
    rest: () => void (counted.rests += 1),
  }
  const backPressure: Pick<BackPressure, 'caughtUp' | 'next'> = {
    caughtUp: () => undefined,
    next: () => {
      if (counted.taken % every !== 0 || counted.taken === waited) return undefined
      waited = counted.taken
      return Promise.resolve()
    },
  }
  const memory: Pick<MemoryAccount, 'hold' | 'give'> = { hold: () => undefined, give: () => undefined }
  let whole = (): void => undefined
  const handled = new Promise<void>((resolve) => {
    whole = resolve
  })
  const intake = new MessageIntake(memory as MemoryAccount, lane as TurnLane, backPressure as BackPressure, {
    take: () => {
      counted.taken += 1
    },
    batchTaken: () => whole(),
    ended: () => undefined,
  })
  const batches = [Array.from({ length: messages }, () => ({ command: 'ping', payload: new Uint8Array(8) }))]
  const reader = { read: () => Promise.resolve(batches.pop() ?? null) }
  intake.start({ reader } as unknown as Transport, createVirtualClock(), new AbortController().signal)
  await handled
  intake.close()
  return counted
}

it.each([3, 5, 7])('looks at the time though something is waited for every %i messages', async (every) => {
  const { taken, looks } = await handle(800, every)
  expect(taken).toBe(800)
  // Of every eight, but where something was waited for in its place.
  expect(looks).toBeGreaterThan(50)
})

it.each([1, 8, 16])('waits for no turn with nothing left of %i messages', async (messages) => {
  // Before it begins, and between eight and eight.
  expect((await handle(messages, 1_000)).looks).toBe(Math.ceil(messages / 8))
})

it('rests while something is waited for: nothing comes meanwhile to who has used up its share', async () => {
  expect((await handle(800, 5)).rests).toBe(160)
})

// Half a second; minutes where what is left was moved at each wait.
it('costs the same for each of however many it waits for', { timeout: 20_000 }, async () => {
  expect((await handle(200_000, 1)).taken).toBe(200_000)
})
