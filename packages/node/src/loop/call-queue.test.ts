import { createChannel } from '@sapwood/peer'
import { describe, expect, it } from 'vitest'
import { createCallQueue } from './call-queue.ts'
import type { NodeNotification } from './node-notification.ts'

const stopped = { name: 'NodeError', code: 'stopped' }

function setUp() {
  const notifications = createChannel<NodeNotification>(8)
  const calls = createCallQueue(notifications)
  const loop = (async () => {
    for await (const notification of notifications) if (notification.type === 'user') notification.run()
  })()
  return { notifications, calls, loop }
}

describe('calls to the loop', () => {
  it('resolve with what they return, and reject with what they throw', async () => {
    const { calls } = setUp()
    expect(await calls.call('one', () => 1)).toBe(1)
    await expect(calls.call('two', () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError)
    await expect(
      calls.call('three', () => {
        throw new RangeError('no')
      }),
    ).rejects.toThrow(RangeError)
  })

  it('are refused while the node stops, those in the queue as well; what is posted is still done', async () => {
    const { calls } = setUp()
    const done: string[] = []
    const stop = calls.call('stop', () => calls.refuse())
    const queued = expect(calls.call('queued', () => done.push('queued'))).rejects.toMatchObject(stopped)
    calls.post('posted', () => done.push('posted'))
    await stop
    await queued
    await expect(calls.call('late', () => done.push('late'))).rejects.toMatchObject(stopped)
    expect(done).toEqual(['posted'])
  })

  it('are refused once the loop has ended', async () => {
    const { calls, notifications, loop } = setUp()
    notifications.close()
    await loop
    await expect(calls.call('late', () => 1)).rejects.toMatchObject(stopped)
    calls.post('late', () => expect.unreachable())
  })
})
