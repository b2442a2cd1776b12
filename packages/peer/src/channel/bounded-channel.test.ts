import { describe, expect, it } from 'vitest'
import { PeerError } from '../contract/peer-error.ts'
import { createChannel } from './bounded-channel.ts'

describe('createChannel', () => {
  it('keeps order, and makes the sender wait when full', async () => {
    const channel = createChannel<number>(2)
    const sent: number[] = []
    const sending = [1, 2, 3, 4].map((n) => channel.send(n).then(() => sent.push(n)))
    await Promise.resolve()
    expect(channel.size).toBe(2)
    expect(channel.trySend(9)).toBe(false)
    const received: (number | undefined)[] = []
    for (let n = 0; n < 4; n++) received.push(await channel.receive())
    await Promise.all(sending)
    expect(received).toEqual([1, 2, 3, 4])
    expect(sent).toEqual([1, 2, 3, 4])
  })

  it('hands a value straight to whoever waits', async () => {
    const channel = createChannel<string>(1)
    const waiting = [channel.receive(), channel.receive()]
    expect(channel.trySend('a')).toBe(true)
    expect(channel.trySend('b')).toBe(true)
    expect(await Promise.all(waiting)).toEqual(['a', 'b'])
    expect(channel.size).toBe(0)
  })

  it('closed, still delivers what is queued, and refuses the rest', async () => {
    const channel = createChannel<number>(1)
    await channel.send(1)
    const waiting = channel.send(2)
    channel.close()
    await expect(waiting).rejects.toMatchObject({ code: 'channel-closed' })
    await expect(channel.send(3)).rejects.toMatchObject({ code: 'channel-closed' })
    expect(channel.trySend(4)).toBe(false)
    expect(await channel.receive()).toBe(1)
    expect(await channel.receive()).toBeUndefined()
  })

  it('releases a waiting receiver when it is closed', async () => {
    const channel = createChannel<number>(1)
    const waiting = channel.receive()
    channel.close()
    channel.close()
    expect(await waiting).toBeUndefined()
  })

  it('is an async iterable that ends when it is closed', async () => {
    const channel = createChannel<number>(3)
    for (const n of [1, 2, 3]) await channel.send(n)
    channel.close()
    const received: number[] = []
    for await (const n of { [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator]() }) received.push(n)
    expect(received).toEqual([1, 2, 3])
  })

  it('holds no more than its capacity over many values', async () => {
    const channel = createChannel<number>(4)
    let most = 0
    const run = (async () => {
      for (let n = 0; n < 10_000; n++) await channel.send(n)
      channel.close()
    })()
    let next = 0
    for (let value = await channel.receive(); value !== undefined; value = await channel.receive()) {
      expect(value).toBe(next)
      next += 1
      most = Math.max(most, channel.size)
    }
    await run
    expect(next).toBe(10_000)
    expect(most).toBeLessThanOrEqual(4)
  })

  it('holds no more than its limit in weight and one value, in order', async () => {
    const channel = createChannel<number>(100, { of: (value) => value, limit: 10 })
    expect(channel.trySend(9)).toBe(true)
    expect(channel.trySend(50)).toBe(true)
    expect(channel.trySend(1)).toBe(false)
    const sent: number[] = []
    const sends = [1, 2, 8].map((value) => channel.send(value).then(() => sent.push(value)))
    expect(await channel.receive()).toBe(9)
    await Promise.resolve()
    expect(sent).toEqual([])
    expect(channel.trySend(7)).toBe(false)
    expect(await channel.receive()).toBe(50)
    await Promise.all(sends)
    expect(channel.size).toBe(3)
    expect([channel.tryReceive(), channel.tryReceive(), channel.tryReceive()]).toEqual([1, 2, 8])
    expect(channel.trySend(5)).toBe(true)
  })

  it('refuses a limit in weight that is none', () => {
    expect(() => createChannel(1, { of: () => 1, limit: 0 })).toThrow(PeerError)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a capacity of %s', (capacity) => {
    expect(() => createChannel(capacity)).toThrow(PeerError)
  })
})
