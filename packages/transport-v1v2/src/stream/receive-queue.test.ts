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

it('pauses its source after some hundred single bytes, and goes on when they are read', async () => {
  const calls: string[] = []
  const queue = createReceiveQueue({ pause: () => calls.push('pause'), resume: () => calls.push('resume') })
  let pushed = 0
  while (calls.length === 0 && pushed < 100_000) {
    queue.push(Uint8Array.of(pushed & 0xff))
    pushed++
  }
  expect(pushed).toBeLessThan(300)
  for (let index = 0; index < pushed; index++) expect(await queue.read()).toEqual(Uint8Array.of(index & 0xff))
  expect(calls).toEqual(['pause', 'resume'])
})

it('fails rather than hold without end what a source sends that does not pause', async () => {
  const queue = createReceiveQueue({ limit: 10_000, pause: () => undefined, resume: () => undefined })
  for (let index = 0; index < 9; index++) queue.push(new Uint8Array(1_000 - 256))
  expect(await queue.read()).toHaveLength(744)
  for (let index = 0; index < 2; index++) queue.push(new Uint8Array(744))
  queue.push(new Uint8Array(1))
  queue.push(new Uint8Array(1))
  await expect(queue.read()).rejects.toMatchObject({ code: 'unread-overflow', limit: 10_000 })
})
