import { expect, it } from 'vitest'
import { createReceiveQueue } from './receive-queue.ts'

it('holds nothing that comes after the end', async () => {
  const queue = createReceiveQueue({ pause: () => undefined, resume: () => undefined })
  queue.push(Uint8Array.of(1))
  queue.end()
  queue.push(Uint8Array.of(2))
  expect(await queue.read()).toEqual(Uint8Array.of(1))
  expect(await queue.read()).toBeNull()
})
