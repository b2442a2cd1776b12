import { describe, expect, it } from 'vitest'
import { after, NOON } from '../../test/support/peer-ids.ts'
import { DeadlineQueue } from './deadline-queue.ts'

const MANY = 260_000
const GONE = 190_000
const LOOKS = 200
const ROUNDS = 10

describe('a queue of deadlines', () => {
  it('gives those that are due, the first added first, and no more than is asked for', () => {
    const queue = new DeadlineQueue<string>(1_000)
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) queue.add(name, after(index))
    queue.delete('b')
    expect([...queue.due(after(999), 9)]).toEqual([])
    expect([...queue.due(after(1_002), 1)]).toEqual(['a'])
    expect([...queue.due(after(1_002), 9)]).toEqual(['c'])
    expect(queue.size).toBe(1)
  })

  it('has what was taken out and added again wait anew, behind the others', () => {
    const queue = new DeadlineQueue<string>(1_000)
    queue.add('a', NOON)
    queue.add('b', after(1))
    queue.delete('a')
    queue.add('a', after(2))
    queue.add('b', after(500))
    expect([...queue.due(after(1_001), 9)]).toEqual(['b'])
    expect([...queue.due(after(1_002), 9)]).toEqual(['a'])
  })

  it('may be changed while it is read', () => {
    const queue = new DeadlineQueue<number>(0)
    for (let n = 0; n < 200; n++) queue.add(n, NOON)
    const seen: number[] = []
    for (const n of queue.due(NOON, 1_000)) {
      seen.push(n)
      if (n < 100) for (const gone of [n + 100, n + 1_000]) queue.delete(gone)
      if (n === 5) queue.add(5, after(1))
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect([...queue.due(after(1), 9)]).toEqual([5])
    expect(queue.size).toBe(0)
  })

  it('finds the first of those that are left at once, however many before it were taken out', () => {
    const queueOf = (count: number, gone: number): DeadlineQueue<number> => {
      const queue = new DeadlineQueue<number>(1_000)
      for (let n = 0; n < count; n++) queue.add(n, NOON)
      for (let n = 0; n < gone; n++) queue.delete(n)
      return queue
    }
    const [whole, holed] = [queueOf(MANY, 0), queueOf(MANY, GONE)]
    expect([...holed.due(after(1_000), 2)]).toEqual([GONE, GONE + 1])
    // Side by side, and the shortest of each: a busy machine makes both longer.
    const shortest = { whole: Number.POSITIVE_INFINITY, holed: Number.POSITIVE_INFINITY }
    for (let round = 0; round < ROUNDS; round++) {
      shortest.whole = Math.min(shortest.whole, timeOfLooks(whole))
      shortest.holed = Math.min(shortest.holed, timeOfLooks(holed))
    }
    expect(shortest.holed).toBeLessThan(20 * shortest.whole)
  })
})

/** Milliseconds that many looks take at a queue of which nothing is due. */
function timeOfLooks(queue: DeadlineQueue<number>): number {
  const began = performance.now()
  for (let look = 0; look < LOOKS; look++) nothing(queue.due(NOON, 1))
  return performance.now() - began
}

function nothing(due: Iterable<number>): void {
  for (const value of due) throw new Error(`${value} is not due`)
}
