import { asHash256, encodePayload, InventoryType, type MessageOf } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import { describe, expect, it } from 'vitest'
import { NOON } from '../../test/support/peer-ids.ts'
import { MAX_PIECE_ENTRIES } from './inventory-pieces.ts'
import { inventoryOf } from './node-part.ts'
import type { NodeNotification } from './node-notification.ts'
import { NotificationQueue } from './notification-queue.ts'

type Listed = MessageOf<'inv'> | MessageOf<'notfound'>

function list(type: Listed['type'], count: number, peer = 1): NodeNotification {
  const inventory = Array.from({ length: count }, (_, index) => {
    const hash = new Uint8Array(32)
    new DataView(hash.buffer).setUint32(0, index, true)
    return { type: InventoryType.WTX, hash: asHash256(hash) }
  })
  const message: Listed = { type, inventory }
  const { payload } = encodePayload(message)
  return {
    type: 'peer',
    peer: peerId(peer),
    at: NOON,
    message: { type: 'message', message, payload, unrequested: false },
  }
}

function entries(notification: NodeNotification | undefined): readonly number[] {
  if (notification?.type !== 'peer' || notification.message.type !== 'message') return []
  const entries = 'entries' in notification ? { entries: notification.entries } : {}
  return [...inventoryOf({ ...notification.message, ...entries })].map(({ hash }) =>
    new DataView(hash.buffer, hash.byteOffset).getUint32(0, true),
  )
}

describe.each(['inv', 'notfound'] as const)('a long %s', (type) => {
  it('is handled in pieces that say together what it said', () => {
    const queue = new NotificationQueue()
    queue.trySend(list(type, 2_500))
    queue.trySend(list(type, 3))
    const pieces: (readonly number[])[] = []
    for (let next = queue.tryReceive(); next !== undefined; next = queue.tryReceive())
      pieces.push(entries(next))
    expect(pieces.map(({ length }) => length)).toEqual([1_000, 1_000, 500, 3])
    expect(pieces.slice(0, 3).flat()).toEqual(Array.from({ length: 2_500 }, (_, index) => index))
    expect(queue.size).toBe(0)
  })

  it('lets others have their turn between any two of them, also where the loop waits for it', async () => {
    const queue = new NotificationQueue()
    const first = queue.receive()
    queue.trySend(list(type, 50_000))
    expect(entries(await first)).toHaveLength(MAX_PIECE_ENTRIES)
    queue.trySend(list(type, 1, 2))
    const [second, third] = [queue.tryReceive(), queue.tryReceive()]
    expect([second, third].map((next) => next?.type === 'peer' && next.peer)).toContain(peerId(2))
  })
})
