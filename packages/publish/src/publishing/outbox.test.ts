import { describe, expect, it } from 'vitest'
import type { RecordContent } from '../records/published-message.ts'
import { Outbox } from './outbox.ts'

const record = (name: number): RecordContent => ({
  kind: 'transaction',
  facts: { Txid: String(name) },
  payload: new Uint8Array(488),
})
/** What one counts for, with the memory beside its payload. */
const COST = 1_000
const nameOf = (taken: RecordContent | undefined): string | undefined => taken?.facts['Txid'] ?? taken?.kind

describe('the outbox', () => {
  it('holds no more bytes than it may: the oldest go, and their number comes in their place', () => {
    const outbox = new Outbox(3 * COST)
    for (const name of [1, 2, 3]) expect(outbox.push(record(name))).toBe(0)
    expect(outbox.push(record(4))).toBe(1)
    expect(outbox.push(record(5))).toBe(1)
    expect([outbox.bytes, outbox.size, outbox.dropped]).toEqual([3 * COST, 3, 2])
    const told = outbox.take()!
    expect(told.kind).toBe('dropped')
    expect(JSON.parse(new TextDecoder().decode(told.payload))).toEqual({ records: 2 })
    expect([3, 4, 5].map(() => nameOf(outbox.take()))).toEqual(['3', '4', '5'])
    expect(outbox.hasMore).toBe(false)
  })

  it('sends again, in order and before all others, what has not arrived', () => {
    const outbox = new Outbox(10 * COST)
    for (const name of [1, 2, 3]) outbox.push(record(name))
    for (const sequence of [11, 12, 13]) outbox.sent(outbox.take()!, sequence)
    outbox.push(record(4))
    outbox.settle(11)
    expect([outbox.bytes, outbox.size]).toEqual([3 * COST, 3])
    expect([1, 2, 3].map(() => nameOf(outbox.take()))).toEqual(['2', '3', '4'])
    expect(outbox.take()).toBeUndefined()
  })

  it('counts what is under way, which makes no room', () => {
    const outbox = new Outbox(2 * COST)
    for (const name of [1, 2]) outbox.push(record(name))
    for (const sequence of [1, 2]) outbox.sent(outbox.take()!, sequence)
    expect(outbox.push(record(3))).toBe(1)
    expect([outbox.bytes, outbox.size]).toEqual([2 * COST, 2])
    outbox.settle(2)
    expect(outbox.bytes).toBe(0)
  })
})
