import { createMemoryBudget } from '@sapwood/transport-v1v2/environment'
import { type PeerId, peerId } from '@sapwood/peer'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import type { TransportStats } from '@sapwood/transport-v1v2'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { NOON } from '../../test/support/peer-ids.ts'
import type { InboundStream } from '../connections/listener.ts'
import type { NodeNotification } from './node-notification.ts'
import { MAX_PEER_BYTES, MAX_PEER_MESSAGES, NotificationQueue } from './notification-queue.ts'
import { MAX_WAITING_INBOUND } from './inbound-places.ts'

function from(peer: PeerId | number, bytes = 100): NodeNotification {
  const message = { type: 'ping', nonce: 0n } as const
  return {
    type: 'peer',
    peer: peer as PeerId,
    at: NOON,
    message: { type: 'message', message, payload: new Uint8Array(bytes), unrequested: false },
  }
}

function endOf(peer: number, code: 'memory-full' | 'remote-closed'): NodeNotification {
  const reason = { code, blame: 'none', heldBytes: 0, state: 'ready', how: 'end' } as const
  const stats = {} as TransportStats
  return { type: 'peer', peer: peerId(peer), at: NOON, message: { type: 'disconnected', reason, stats } }
}

function call(name: string): NodeNotification {
  return { type: 'user', call: name, run: () => undefined }
}

function inboundFrom(host: string): NodeNotification {
  return {
    type: 'inbound',
    inbound: { address: address(`${host}:5000`), via: 'tcp', stream: {} } as InboundStream,
    at: NOON,
  }
}

function nameOf(notification: NodeNotification): readonly (string | number)[] {
  if (notification.type === 'peer') return [notification.peer]
  return [notification.type === 'user' ? notification.call : notification.type]
}

/** Who is handled in which order. */
function order(queue: NotificationQueue, count = Number.POSITIVE_INFINITY): (string | number)[] {
  const taken: (string | number)[] = []
  for (let n = 0; n < count; n++) {
    const next = queue.tryReceive()
    if (next === undefined) break
    taken.push(...nameOf(next))
  }
  return taken
}

describe('the queue of notifications', () => {
  it('goes round over the peers, whoever came first and sent most', () => {
    const queue = new NotificationQueue()
    for (let n = 0; n < 5; n++) queue.trySend(from(1))
    queue.trySend(from(2))
    queue.trySend(from(3))
    queue.trySend(from(2))
    expect(order(queue)).toEqual([1, 2, 3, 1, 2, 1, 1, 1])
    expect(queue.size).toBe(0)
  })

  it('has one honest message handled after at most one of each of 114 that flood', () => {
    const queue = new NotificationQueue()
    for (let peer = 1; peer <= 114; peer++) while (queue.trySend(from(peer))) continue
    queue.trySend(from(500))
    expect(order(queue, 115)).toContain(500)
  })

  it('has four of peers that we chose handled before one of those who dialled us', () => {
    const budget = createMemoryBudget()
    const [stranger, chosen] = [budget.open({ rank: 'inbound' }), budget.open({ rank: 'outbound' })]
    const queue = new NotificationQueue({ accountOf: (peer) => (peer === peerId(9) ? chosen : stranger) })
    for (let peer = 1; peer <= 3; peer++) for (let n = 0; n < 2; n++) queue.trySend(from(peer))
    for (let n = 0; n < 9; n++) queue.trySend(from(9))
    expect(order(queue)).toEqual([9, 9, 9, 9, 1, 9, 9, 9, 9, 2, 9, 3, 1, 2, 3])
  })

  it('has strangers wait while they have had their share, and nobody else', async () => {
    const budget = createMemoryBudget()
    const [stranger, chosen] = [budget.open({ rank: 'inbound' }), budget.open({ rank: 'outbound' })]
    const scheduler = { strangersPause: 40 }
    const clock = createVirtualClock()
    const queue = new NotificationQueue({
      accountOf: (peer) => (peer === peerId(9) ? chosen : stranger),
      scheduler,
      clock,
    })
    queue.trySend(from(1))
    queue.trySend(inboundFrom('250.1.1.1'))
    expect(queue.tryReceive()).toBeUndefined()
    const taken: (string | number)[] = []
    const read = async (): Promise<void> => {
      for await (const next of queue) taken.push(...nameOf(next))
    }
    void read()
    queue.trySend(from(9))
    queue.trySend(call('a'))
    await clock.advance(39)
    expect(taken).toEqual([9, 'a'])
    scheduler.strangersPause = 0
    await clock.advance(1)
    expect(taken).toEqual([9, 'a', 1, 'inbound'])
    queue.close()
  })

  it('lets a newcomer in beside 113 peers who fill their lanes, and whoever has been let in before those who dial', () => {
    const queue = new NotificationQueue()
    for (let peer = 1; peer <= 113; peer++) while (queue.trySend(from(peer))) continue
    for (let n = 0; n < 100; n++) queue.trySend(inboundFrom(`250.1.1.${n}`))
    queue.trySend({ type: 'accepted', peer: peerId(900), at: NOON, outcome: { error: new Error('x') } })
    const first = order(queue, 100)
    expect(first.slice(0, 6)).toContain('accepted')
    expect(first.filter((one) => one === 'inbound').length).toBeGreaterThan(40)
    expect(first.filter((one) => typeof one === 'number').length).toBeGreaterThan(40)
  })

  it('closed while strangers are held back, still gives what they sent', async () => {
    const queue = new NotificationQueue({ scheduler: { strangersPause: 40 } })
    const next = queue.receive()
    queue.trySend(inboundFrom('250.1.1.1'))
    queue.close()
    expect(await next).toMatchObject({ type: 'inbound' })
    expect(await queue.receive()).toBeUndefined()
  })

  it('lets 256 connections wait to be let in, and of one host no more than four once that are many', () => {
    const queue = new NotificationQueue()
    for (let n = 0; n < 128; n++) expect(queue.trySend(inboundFrom('250.1.1.1'))).toBe(true)
    expect(queue.trySend(inboundFrom('250.1.1.1'))).toBe(false)
    for (let n = 0; n < 4; n++) expect(queue.trySend(inboundFrom('250.1.1.2'))).toBe(true)
    expect(queue.trySend(inboundFrom('250.1.1.2'))).toBe(false)
    for (let n = 132; n < MAX_WAITING_INBOUND; n++)
      expect(queue.trySend(inboundFrom(`250.1.2.${n}`))).toBe(true)
    expect(queue.trySend(inboundFrom('250.1.3.1'))).toBe(false)
    expect(queue.size).toBe(MAX_WAITING_INBOUND)
  })

  it('handles what is the node’s own every other time, and keeps its order', () => {
    const queue = new NotificationQueue()
    for (let n = 0; n < 3; n++) queue.trySend(from(1))
    for (const name of ['a', 'b', 'c', 'd']) queue.trySend(call(name))
    expect(order(queue)).toEqual(['a', 1, 'b', 1, 'c', 1, 'd'])
  })

  it('has those who dialled and are gone out of the way', () => {
    const queue = new NotificationQueue({
      scheduler: { strangersPause: Number.POSITIVE_INFINITY },
      clock: createVirtualClock(),
    })
    const gone = (): NodeNotification => ({
      type: 'inbound',
      inbound: { via: 'tcp', stream: { remoteEnded: true } } as InboundStream,
      at: NOON,
    })
    for (let n = 0; n < 10_000; n++) expect(queue.trySend(gone())).toBe(true)
    for (let n = 0; n < 4; n++) expect(queue.trySend(inboundFrom('250.1.1.2'))).toBe(true)
    // What strangers may not have yet still waits.
    const handled = order(queue)
    expect(handled.length).toBeGreaterThan(9_800)
    expect(queue.size).toBe(10_004 - handled.length)
  })

  it('counts connections that come in as one peer', () => {
    const queue = new NotificationQueue()
    const inbound = { type: 'inbound', inbound: { stream: {} }, at: NOON } as unknown as NodeNotification
    for (let n = 0; n < 3; n++) queue.trySend(inbound)
    queue.trySend(from(1))
    queue.trySend(from(1))
    expect(order(queue)).toEqual(['inbound', 1, 'inbound', 1, 'inbound'])
  })

  it('holds no more of a peer than its bytes, or one message', async () => {
    const queue = new NotificationQueue()
    expect(queue.trySend(from(1, 4_000_000))).toBe(true)
    expect(queue.trySend(from(1, 1))).toBe(false)
    let waiting = true
    const sent = queue.send(from(1, 1)).then(() => (waiting = false))
    // Another peer does not wait for it.
    expect(queue.trySend(from(2, MAX_PEER_BYTES / 2))).toBe(true)
    expect(queue.trySend(from(2, MAX_PEER_BYTES / 2))).toBe(false)
    expect(waiting).toBe(true)
    expect(order(queue, 1)).toEqual([1])
    await sent
    expect(order(queue)).toEqual([2, 1])
    for (let n = 0; n < MAX_PEER_MESSAGES; n++) expect(queue.trySend(from(1, 0))).toBe(true)
    expect(queue.trySend(from(1, 0))).toBe(false)
  })

  it('keeps the order of a peer whose messages had to wait', async () => {
    const queue = new NotificationQueue()
    queue.trySend(from(1, MAX_PEER_BYTES))
    const sizes = [MAX_PEER_BYTES - 600, 10, MAX_PEER_BYTES, 20]
    const sent = sizes.map((bytes) => queue.send(from(1, bytes)))
    const seen: number[] = []
    for (let n = 0; n < 5; n++) {
      const next = await queue.receive()
      if (next?.type === 'peer' && next.message.type === 'message') seen.push(next.message.payload.length)
    }
    await Promise.all(sent)
    expect(seen).toEqual([MAX_PEER_BYTES, ...sizes])
  })

  it('counts against the memory budget, and lets a peer wait where that is full', async () => {
    const budget = createMemoryBudget({ limit: 1_000_000, inboundShare: 1 })
    const accounts = new Map([1, 2].map((peer) => [peerId(peer), budget.open({ rank: 'inbound' })]))
    const queue = new NotificationQueue({ accountOf: (peer) => accounts.get(peer) })
    accounts.get(peerId(1))!.hold('reading', 900_000)
    expect(queue.trySend(from(2, 90_000))).toBe(true)
    expect(queue.trySend(from(2, 90_000))).toBe(false)
    expect(budget.use().byPurpose.notifications).toBeGreaterThan(90_000)
    const sent = queue.send(from(2, 90_000))
    expect(order(queue)).toEqual([2, 2])
    await sent
    expect(budget.use().byPurpose.notifications).toBe(0)
  })

  it('drops what waits of a peer that is let go, and has its end handled at once', async () => {
    const budget = createMemoryBudget()
    const account = budget.open({ rank: 'inbound' })
    const isHeldOut = { strangersPause: 100 }
    const queue = new NotificationQueue({ accountOf: () => account, scheduler: isHeldOut })
    while (queue.trySend(from(1, 20_000))) continue
    const waiting = queue.send(from(1))
    expect(budget.used).toBeGreaterThan(200_000)
    expect(queue.trySend(endOf(1, 'memory-full'))).toBe(true)
    await waiting
    expect(budget.used).toBe(0)
    expect(queue.size).toBe(1)
    expect(queue.tryReceive()).toMatchObject({ peer: 1, message: { type: 'disconnected' } })
    isHeldOut.strangersPause = 0
    expect(queue.tryReceive()).toBeUndefined()
  })

  it('still gives what a remote sent that has ended the connection itself, before its end', () => {
    const queue = new NotificationQueue()
    queue.trySend(from(1))
    queue.trySend(endOf(1, 'remote-closed'))
    const types = [queue.tryReceive(), queue.tryReceive()].map(
      (each) => each?.type === 'peer' && each.message.type,
    )
    expect(types).toEqual(['message', 'disconnected'])
  })

  it('closed, still gives what it holds, and refuses the rest', async () => {
    const queue = new NotificationQueue()
    queue.trySend(from(1, MAX_PEER_BYTES))
    const waiting = expect(queue.send(from(1))).rejects.toMatchObject({ code: 'channel-closed' })
    queue.close()
    await waiting
    expect(queue.trySend(call('a'))).toBe(false)
    await expect(queue.send(call('a'))).rejects.toMatchObject({ code: 'channel-closed' })
    expect(await queue.receive()).toMatchObject({ peer: 1 })
    expect(await queue.receive()).toBeUndefined()
  })

  it('hands what comes straight to a loop that waits, and ends it when it is closed', async () => {
    const queue = new NotificationQueue()
    const next = queue.receive()
    queue.trySend(from(7))
    expect(await next).toMatchObject({ peer: 7 })
    const last = queue.receive()
    queue.close()
    expect(await last).toBeUndefined()
  })
})
