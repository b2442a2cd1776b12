import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { Expectations } from './expectations.ts'

let clock: VirtualClock
let expectations: Expectations
let last: number

beforeEach(() => {
  clock = createVirtualClock()
  expectations = new Expectations(() => clock.now())
  last = 0
})

function hash(n: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytes
}

function ask(count: number, reply: 'transaction' | 'block' = 'transaction'): void {
  for (let n = 0; n < count; n++) expectations.add(reply, hash(last++), 'owner')
}

describe('replies that nobody waits for', () => {
  it('are not remembered for good, where a remote announces transactions for hours and sends none', async () => {
    for (let minute = 0; minute < 30; minute++) {
      ask(5_000)
      await clock.advance(60_000)
    }
    ask(1)
    expect(expectations.count('transaction')).toBeLessThanOrEqual(10_001)
  })

  it('are known for as long as another is not asked for them', async () => {
    ask(1)
    await clock.advance(100_000)
    ask(1)
    expect(expectations.take('transaction', hash(0))).toBe('owner')
    expect(expectations.take('transaction', hash(0))).toBeUndefined()
    await clock.advance(50_000)
    expect(expectations.take('transaction', hash(1))).toBe('owner')
    expect(expectations.count('transaction')).toBe(0)
  })

  it('are remembered for longer where they were asked for again', async () => {
    ask(1)
    await clock.advance(100_000)
    last = 0
    ask(1)
    await clock.advance(100_000)
    ask(1)
    expect(expectations.take('transaction', hash(0))).toBe('owner')
  })

  it('may be blocks, which a slow line brings late', async () => {
    ask(16, 'block')
    await clock.advance(1_200_000)
    ask(1, 'block')
    expect(expectations.count('block')).toBe(17)
    expect(expectations.count('transaction')).toBe(0)
    expect(expectations.take('block', hash(0))).toBe('owner')
  })

  it('are as many as a program may ask for at once, and no more', () => {
    ask(50_001)
    expect(expectations.count('transaction')).toBe(50_000)
    expect(expectations.take('transaction', hash(0))).toBeUndefined()
    expect(expectations.take('transaction', hash(50_000))).toBe('owner')
  })

  it('stay those of whoever reads them, when a request for the same is given up', () => {
    ask(1)
    expectations.add('transaction', hash(0), 'abandoned')
    expect(expectations.take('transaction', hash(0))).toBe('owner')
  })
})
