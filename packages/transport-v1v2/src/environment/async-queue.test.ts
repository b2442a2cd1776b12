import { describe, expect, it } from 'vitest'
import { AsyncQueue } from './async-queue.ts'

const DONE = { done: true, value: undefined }

describe('the queue between one who pushes and one who pulls', () => {
  it('gives out what is pushed in order, to readers in the order in which they came', async () => {
    const queue = new AsyncQueue<number>()
    const readers = [queue.next(), queue.next()]
    expect(queue.isAwaited).toBe(true)
    for (const value of [1, 2, 3]) queue.push(value)
    expect(queue.isAwaited).toBe(false)
    queue.end()
    expect(await Promise.all(readers)).toEqual([1, 2].map((value) => ({ done: false, value })))
    const rest: number[] = []
    for await (const value of queue) rest.push(value)
    expect(rest).toEqual([3])
  })

  it('counts what is held, and nothing that a reader has waited for', async () => {
    const taken: number[] = []
    let waited = 0
    const queue = new AsyncQueue<number>({ onTake: (value) => taken.push(value), onWait: () => waited++ })
    const reader = queue.take(null)
    queue.push(1, 10)
    expect([await reader, queue.size, queue.bytes, waited]).toEqual([1, 0, 0, 1])
    queue.push(2, 20)
    queue.push(3, 30)
    expect([queue.size, queue.bytes]).toEqual([2, 50])
    expect(await queue.take(null)).toBe(2)
    expect([queue.size, queue.bytes, taken]).toEqual([1, 30, [1, 2]])
    expect(queue.shift()).toBe(3)
    expect([queue.size, queue.bytes, taken]).toEqual([0, 0, [1, 2]])
    expect(queue.shift()).toBeUndefined()
  })

  it('stays in order, and keeps no place of what has gone, when it is never quite empty', () => {
    const queue = new AsyncQueue<number>()
    queue.push(0)
    for (let value = 1; value < 10_000; value++) {
      queue.push(value)
      expect(queue.shift()).toBe(value - 1)
      expect(queue.size).toBe(1)
    }
  })

  it('ends after what it holds, and drops what comes later', async () => {
    const queue = new AsyncQueue<number>()
    queue.push(1)
    queue.end()
    queue.push(2)
    expect(await queue.next()).toEqual({ done: false, value: 1 })
    expect([await queue.next(), await queue.next()]).toEqual([DONE, DONE])
    expect(await queue.take(null)).toBeNull()
  })

  it('fails once, after what it holds: the first reader is told, or the next one', async () => {
    const error = new Error('gone')
    const held = new AsyncQueue<number>()
    held.push(1)
    held.fail(error)
    held.fail(new Error('later'))
    expect(await held.next()).toEqual({ done: false, value: 1 })
    await expect(held.next()).rejects.toBe(error)
    expect(await held.next()).toEqual(DONE)

    const awaited = new AsyncQueue<number>()
    const [first, second] = [awaited.next(), awaited.next()]
    awaited.fail('no Error at all')
    await expect(first).rejects.toBe('no Error at all')
    expect(await second).toEqual(DONE)
  })

  it('may fail after it has ended', async () => {
    const queue = new AsyncQueue<number>()
    queue.end()
    queue.fail(new Error('gone'))
    await expect(queue.take(null)).rejects.toThrow('gone')
    expect(await queue.take(null)).toBeNull()
  })

  it('drops what it holds, and the failure, when its reader goes', async () => {
    const queue = new AsyncQueue<number>()
    queue.push(1, 10)
    queue.fail(new Error('gone'))
    expect(await queue.return()).toEqual(DONE)
    expect([queue.size, queue.bytes]).toEqual([0, 0])
    expect(await queue.next()).toEqual(DONE)
  })
})
