import { bytesToHex, type Transaction, type Txid, txid, wtxid } from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import { describe, expect, it } from 'vitest'
import { after, alice, bob, carol, NOON, seededRandom } from '../../test/support/peer-ids.ts'
import type { AddressKey } from '../addresses/address-key.ts'
import {
  MAX_PRIVATE_CONNECTIONS,
  MAX_PRIVATE_TRANSACTIONS,
  PRIVATE_RESEND_MIN,
  PRIVATE_RESEND_SPREAD,
  type PrivateBroadcast,
  PrivateBroadcastQueue,
} from './private-broadcast.ts'

const RESEND = PRIVATE_RESEND_MIN + PRIVATE_RESEND_SPREAD

function transaction(number = 1, outputs = 2): Transaction {
  const spends = new Uint8Array(32)
  new DataView(spends.buffer).setUint32(0, number)
  return {
    version: 2,
    inputs: [
      {
        previousOutput: { txid: spends as Uint8Array as Txid, index: 0 },
        scriptSig: new Uint8Array(),
        sequence: 0xffffffff,
        witness: [new Uint8Array(64)],
      },
    ],
    outputs: Array.from({ length: outputs }, () => ({ value: 1n, scriptPubKey: Uint8Array.of(0x51) })),
    lockTime: 0,
  }
}

function queueOf(...transactions: readonly Transaction[]): PrivateBroadcastQueue {
  const queue = new PrivateBroadcastQueue({ random: seededRandom(3) })
  for (const each of transactions) queue.add(each, NOON)
  return queue
}

const keyOf = (id: PeerId): AddressKey => `address ${id}` as AddressKey

function beginAll(queue: PrivateBroadcastQueue, broadcasts: readonly PrivateBroadcast[], first = 0): void {
  for (const [index, broadcast] of broadcasts.entries()) {
    const id = peerId(first + index)
    queue.begin(broadcast, id, keyOf(id))
  }
}

describe('a private broadcast', () => {
  it('wants three connections, each to another remote', () => {
    const queue = queueOf(transaction())
    const due = queue.due(NOON)
    expect(due).toHaveLength(3)
    beginAll(queue, due)
    expect(queue.due(after(1_000))).toEqual([])
    expect([...due[0]!.used]).toEqual([0, 1, 2].map((id) => keyOf(peerId(id))))
    expect(queue.states()).toMatchObject([{ attempts: 3, underWay: 3, takenBy: 0, cameBack: false }])
  })

  it('wants another connection for each that led to nothing, after a pause that grows to a minute', () => {
    const queue = queueOf(transaction())
    beginAll(queue, queue.due(NOON))
    queue.ended(peerId(0), true, NOON)
    expect(queue.ended(peerId(1), false, NOON)).toMatchObject({ underWay: 1, takenBy: 1 })
    expect(queue.due(after(999))).toEqual([])
    const [again] = queue.due(after(1_000))
    expect(again!.used.has(keyOf(peerId(1)))).toBe(false)
    let now = 1_000
    for (const pause of [2, 4, 8, 16, 32]) {
      queue.begin(again!, alice, keyOf(alice))
      queue.ended(alice, false, after(now))
      expect(queue.due(after(now + pause * 1_000 - 1))).toEqual([])
      now += pause * 1_000
      expect(queue.due(after(now))).toHaveLength(1)
    }
    queue.begin(again!, alice, keyOf(alice))
    queue.ended(alice, false, after(now))
    expect(queue.due(after(now + 59_999))).toEqual([])
    expect(queue.due(after(now + 60_000))).toHaveLength(1)
  })

  it('is handed to one more remote every few minutes until it comes back', () => {
    const queue = queueOf(transaction())
    beginAll(queue, queue.due(NOON), 10)
    for (const id of [10, 11, 12]) queue.ended(peerId(id), true, NOON)
    let now = 0
    for (let round = 0; round < 5; round++) {
      expect(queue.due(after(now + PRIVATE_RESEND_MIN - 1))).toEqual([])
      now += RESEND
      const due = queue.due(after(now))
      expect(due).toHaveLength(1)
      expect(due[0]!.used.size).toBe(0)
      queue.begin(due[0]!, alice, keyOf(alice))
      queue.ended(alice, true, after(now))
    }
    expect(queue.states()).toMatchObject([{ attempts: 8, takenBy: 8 }])
  })

  it.each([
    ['txid', txid],
    ['wtxid', wtxid],
  ])('is over when its %s is seen; what is under way is left to end by itself', (_, hash) => {
    const queue = queueOf(transaction())
    beginAll(queue, queue.due(NOON))
    expect(queue.seen(bytesToHex(hash(transaction(2))))).toBeUndefined()
    expect(queue.seen(bytesToHex(hash(transaction())))).toMatchObject({ cameBack: true, underWay: 3 })
    expect(queue.seen(bytesToHex(hash(transaction())))).toBeUndefined()
    expect([queue.size, queue.connections]).toEqual([0, 3])
    expect(queue.ended(peerId(0), true, NOON)).toMatchObject({ cameBack: true, underWay: 2, takenBy: 1 })
    expect(queue.due(after(RESEND))).toEqual([])
  })

  it('ends when it is cancelled, and begins once however often it is asked for', () => {
    const queue = queueOf(transaction())
    beginAll(queue, queue.due(NOON).slice(0, 1))
    expect(queue.add(transaction(), NOON)).toMatchObject({ attempts: 1 })
    expect(queue.size).toBe(1)
    expect(queue.cancel(txid(transaction()))).toBe(true)
    expect(queue.cancel(txid(transaction()))).toBe(false)
    expect(queue.due(NOON)).toEqual([])
  })
})

describe('many private broadcasts', () => {
  it('have 64 connections together, those first that have had the fewest', () => {
    const queue = queueOf(...Array.from({ length: 30 }, (_, index) => transaction(index)))
    const due = queue.due(NOON)
    expect(due).toHaveLength(MAX_PRIVATE_CONNECTIONS)
    expect(new Set(due.slice(0, 30)).size).toBe(30)
    expect(new Set(due.slice(30, 60)).size).toBe(30)
    beginAll(queue, due)
    expect([queue.connections, queue.due(NOON).length]).toEqual([64, 0])
    queue.ended(peerId(5), true, NOON)
    expect(queue.due(NOON)).toHaveLength(1)
  })

  it('are at most 10,000', () => {
    const queue = queueOf(
      ...Array.from({ length: MAX_PRIVATE_TRANSACTIONS }, (_, index) => transaction(index)),
    )
    const refused = transaction(MAX_PRIVATE_TRANSACTIONS)
    expect(() => queue.add(refused, NOON)).toThrow(
      expect.objectContaining({ name: 'NodeError', code: 'queue-full', limit: 10_000 }),
    )
    queue.cancel(txid(transaction(7)))
    expect(queue.add(refused, NOON)).toMatchObject({ attempts: 0 })
  })

  it('do not take what nobody would relay, nor ends of connections that are not theirs', () => {
    const queue = queueOf()
    expect(() => queue.add(transaction(1, 0), NOON)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', detail: 'no outputs' }),
    )
    expect([bob, carol].map((id) => queue.ended(id, true, NOON))).toEqual([undefined, undefined])
  })
})
