import type { Transport } from '@sapwood/transport-v1v2'
import type { MemoryAccount, TurnLane } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { BackPressure } from './back-pressure.ts'
import { MessageIntake } from './message-intake.ts'

const MESSAGES = 800

it.each([3, 5, 7])('looks at the time though something is waited for every %i messages', async (every) => {
  let taken = 0
  let waited = 0
  let looks = 0
  const lane: Pick<TurnLane, 'due' | 'enter' | 'leave'> = {
    due: () => {
      looks += 1
      return undefined
    },
    enter: () => undefined,
    leave: () => undefined,
  }
  const backPressure: Pick<BackPressure, 'caughtUp' | 'next'> = {
    caughtUp: () => undefined,
    next: () => {
      if (taken % every !== 0 || taken === waited) return undefined
      waited = taken
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
      taken += 1
    },
    batchTaken: () => whole(),
    ended: () => undefined,
  })
  const batches = [Array.from({ length: MESSAGES }, () => ({ command: 'ping', payload: new Uint8Array(8) }))]
  const reader = { read: () => Promise.resolve(batches.pop() ?? null) }
  intake.start({ reader } as unknown as Transport, createVirtualClock(), new AbortController().signal)
  await handled
  expect(taken).toBe(MESSAGES)
  // Of every eight, but where something was waited for in its place.
  expect(looks).toBeGreaterThan(MESSAGES / 16)
  intake.close()
})
