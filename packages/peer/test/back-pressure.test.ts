import { encodePayload, type Message } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createChannel, type PeerError, type PeerNotification, type PeerServices } from '../src/index.ts'
import { MAX_SERVE_QUEUE } from '../src/serving/serve-queue.ts'
import { network, ScriptedRemote } from './support/scripted-remote.ts'

const MINUTE = 60_000
const inv: Message = { type: 'inv', inventory: [{ type: 2, hash: new Uint8Array(32) }] }
const hash = network.genesisHash

describe('an owner that does not keep up', () => {
  it('stops the reading of the socket, not the growth of memory, and resumes where it was', async () => {
    const notifications = createChannel<PeerNotification>(2)
    const remote = new ScriptedRemote({ limits: { maxUnhandledBytes: 1_000 }, components: { notifications } })
    const stalls: string[] = []
    remote.peer.events.on('stalled', ({ by }) => stalls.push(`stalled by ${by}`))
    remote.peer.events.on('resumed', ({ milliseconds }) => stalls.push(`resumed after ${milliseconds}`))
    await remote.shakeHands()
    for (let n = 0; n < 50; n++) await remote.say(inv)
    const { reads } = remote.transport
    expect(reads).toBeLessThan(15)
    expect(notifications.size).toBe(2)
    await remote.clock.advance(7_000)
    expect(remote.transport.reads).toBe(reads)
    let told = 0
    for (let value = await notifications.receive(); value !== undefined; ) {
      if (value.message.type === 'message') told += 1
      if (told === 50) break
      await remote.settle()
      value = await notifications.receive()
    }
    expect(told).toBe(50)
    expect(stalls.slice(0, 2)).toEqual(['stalled by owner', 'resumed after 7000'])
    expect(remote.peer.info().stalls).toBeGreaterThan(0)
    expect(remote.reason).toBeUndefined()
  })

  it('does not cost the remote its connection, nor the owner its requests', async () => {
    const notifications = createChannel<PeerNotification>(1)
    const remote = new ScriptedRemote({ components: { notifications } })
    await remote.shakeHands()
    const ping = remote.peer.ping({ timeout: MINUTE })
    await remote.settle()
    const nonce = remote.heardOf('ping')!.nonce!
    for (let n = 0; n < 10; n++) await remote.say(inv)
    await remote.say({ type: 'pong', nonce })
    await remote.clock.advance(90 * MINUTE)
    expect(remote.reason).toBeUndefined()
    for (let n = 0; n < 10; n++) {
      await notifications.receive()
      await remote.settle()
    }
    expect((await ping).roundTrip).toBeGreaterThanOrEqual(0)
  })

  it('that closes its channel is not told anything more, and the peer goes on', async () => {
    const notifications = createChannel<PeerNotification>(1)
    const remote = new ScriptedRemote({ components: { notifications } })
    await remote.shakeHands()
    for (let n = 0; n < 5; n++) await remote.say(inv)
    notifications.close()
    await remote.settle()
    remote.heard()
    await remote.say({ type: 'ping', nonce: 3n })
    expect(remote.heardTypes()).toContain('pong')
  })

  it('whose listener throws, ends its connection with that reason, and no other', async () => {
    const remote = new ScriptedRemote()
    const bug = new Error('a bug of the owner')
    remote.peer.events.on('message', () => {
      throw bug
    })
    await remote.shakeHands()
    expect(remote.reason).toEqual({ code: 'owner-failed', blame: 'none', cause: bug })
  })

  it('whose services throw, too', async () => {
    const services: PeerServices = { headers: () => Promise.reject(new Error('no disk')) }
    const remote = new ScriptedRemote({ kind: 'inbound', components: { services } })
    await remote.shakeHands()
    await remote.say({ type: 'getheaders', version: 1, locator: [], stopHash: hash })
    expect(remote.reason).toMatchObject({ code: 'owner-failed', blame: 'none' })
  })
})

describe('a remote that does not keep up', () => {
  const getdata: Message = { type: 'getdata', inventory: [{ type: 2, hash }] }

  it('is served no faster than it reads', async () => {
    let served = 0
    const services: PeerServices = {
      block: () => {
        served += 1
        return new Uint8Array(1_000)
      },
    }
    const limits = { maxUnhandledBytes: 1_000 }
    const remote = new ScriptedRemote({ kind: 'inbound', limits, components: { services } })
    await remote.shakeHands()
    remote.transport.blocked = true
    for (let n = 0; n < 100; n++) await remote.say(getdata)
    expect(served).toBe(1)
    const { reads } = remote.transport
    expect(reads).toBeLessThan(60)
    remote.transport.unblock()
    await remote.settle()
    expect(served).toBe(100)
  })

  it.each<[string, Message, PeerServices]>([
    ['headers', { type: 'getheaders', version: 1, locator: [], stopHash: hash }, { headers: () => [] }],
    [
      'blockHashes',
      { type: 'getblocks', version: 1, locator: [], stopHash: hash },
      { blockHashes: () => [hash] },
    ],
    [
      'transaction',
      { type: 'getdata', inventory: [{ type: 5, hash }] },
      { transaction: () => new Uint8Array(60) },
    ],
    [
      'blockTransactions',
      { type: 'getblocktxn', blockHash: hash, indexes: Uint16Array.of(0) },
      { blockTransactions: () => [] },
    ],
  ])('is not served before it has taken what it has been sent: %s', async (service, ask, services) => {
    let calls = 0
    const serve = services[service as 'headers'] as (...args: unknown[]) => unknown
    const counted = {
      // Not at once: requests that came together wait for each other.
      [service]: async (...args: unknown[]) => {
        calls += 1
        await Promise.resolve()
        return serve(...args)
      },
    } as PeerServices
    const remote = new ScriptedRemote({ kind: 'inbound', components: { services: counted } })
    await remote.shakeHands()
    remote.transport.blocked = true
    remote.transport.push(Array.from({ length: 20 }, () => encodePayload(ask)))
    await remote.settle()
    expect(calls).toBe(1)
    remote.transport.unblock()
    await remote.settle()
    expect(calls).toBe(20)
  })

  it('is sent filters that come one by one as it takes them', async () => {
    let made = 0
    let isEnded = false
    const services: PeerServices = {
      compactFilters: async function* () {
        try {
          for (; made < 100; ) {
            made += 1
            yield await Promise.resolve({ filterType: 0, blockHash: hash, filter: new Uint8Array(1_000) })
          }
        } finally {
          isEnded = true
        }
      },
    }
    const remote = new ScriptedRemote({ kind: 'inbound', components: { services } })
    await remote.shakeHands()
    remote.transport.blocked = true
    const ask: Message = { type: 'getcfilters', filterType: 0, startHeight: 0, stopHash: hash }
    await remote.say(ask)
    expect(made).toBe(1)
    remote.transport.unblock()
    await remote.settle()
    expect(remote.heardTypes()).toEqual(Array.from({ length: 100 }, () => 'cfilter'))

    made = 0
    isEnded = false
    remote.transport.blocked = true
    await remote.say(ask)
    remote.transport.push(null)
    await remote.settle()
    expect([made, isEnded]).toEqual([1, true])
  })

  it('holds up its own requests only, up to a limit with a reason', async () => {
    const remote = new ScriptedRemote({ limits: { maxQueuedRequests: 2 } })
    await remote.shakeHands()
    remote.transport.blocked = true
    remote.peer.send({ type: 'sendheaders' })
    const failures: string[] = []
    for (let n = 0; n < 5; n++) {
      remote.peer
        .ping({ timeout: MINUTE })
        .catch((error: unknown) => failures.push((error as PeerError).code))
    }
    await remote.settle()
    // One is with the connection, two are queued.
    expect(failures).toEqual(['request-queue-full', 'request-queue-full'])
    await remote.clock.advance(MINUTE)
    expect(failures.slice(2)).toEqual(['timeout', 'timeout', 'timeout'])
    expect(remote.reason).toBeUndefined()
  })

  it('is no longer read once its answers pile up', async () => {
    const remote = new ScriptedRemote({ limits: { pauseAtQueuedBytes: 1_000, messages: { ping: false } } })
    await remote.shakeHands()
    remote.transport.blocked = true
    for (let n = 0; n < 500; n++) await remote.say({ type: 'ping', nonce: BigInt(n + 1) })
    expect(remote.transport.queuedBytes).toBeLessThan(1_100)
    expect(remote.reason).toBeUndefined()
    remote.transport.unblock()
    await remote.settle()
    expect(remote.heard().filter(({ type }) => type === 'pong')).toHaveLength(500)
  })

  it('is dropped when more waits for it than the limit', async () => {
    const remote = new ScriptedRemote({ limits: { maxQueuedBytes: 5_000 } })
    await remote.shakeHands()
    remote.transport.blocked = true
    for (let n = 0; n < 10; n++)
      remote.peer.send({ type: 'unknown', command: 'big', payload: new Uint8Array(1_000) })
    await remote.settle()
    expect(remote.reason).toMatchObject({ code: 'send-queue-full', blame: 'disconnect', limit: 5_000 })
  })

  it('is not waited for when the connection is ended, beyond a second', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    remote.transport.writer.close = () => new Promise(() => undefined)
    void remote.peer.disconnect({ detail: 'enough' })
    await remote.clock.advance(999)
    expect(remote.reason).toBeUndefined()
    await remote.clock.advance(1)
    expect(remote.reason).toEqual({ code: 'requested', blame: 'none', detail: 'enough' })
    expect(remote.transport.aborted).toBeDefined()
  })
})

describe('the end', () => {
  it('is told once, last, and after everything before it', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await remote.say(inv)
    remote.transport.push(null)
    await remote.settle()
    expect(remote.notifications.map(({ message }) => message.type)).toEqual([
      'ready',
      'message',
      'disconnected',
    ])
    await remote.peer.disconnect({ detail: 'again' })
    expect(remote.reason).toEqual({ code: 'remote-closed', blame: 'none', state: 'ready', how: 'end' })
    expect(remote.peer.state).toBe('closed')
    expect(remote.clock.pendingTimers).toBe(0)
  })

  it("by the owner's signal", async () => {
    const controller = new AbortController()
    const remote = new ScriptedRemote({ signal: controller.signal })
    await remote.shakeHands()
    controller.abort('shutting down')
    await remote.settle()
    expect(remote.reason).toEqual({ code: 'aborted', blame: 'none', cause: 'shutting down' })
    const late = new ScriptedRemote({ signal: controller.signal })
    await late.settle()
    expect(late.reason?.code).toBe('aborted')
  })

  it('by `await using`', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    {
      await using peer = remote.peer
      expect(peer.state).toBe('ready')
    }
    expect(remote.reason).toMatchObject({ code: 'requested', detail: 'disposed' })
  })

  it('by a stream that breaks is one by the remote, with how it broke', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    const cause = new Error('reset')
    remote.transport.push(cause)
    await remote.settle()
    expect(remote.reason).toEqual({
      code: 'remote-closed',
      blame: 'none',
      state: 'ready',
      how: 'lost',
      cause,
    })
  })

  it('is told also where the transport cannot even be ended', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    remote.transport.abort = () => {
      throw new Error('no abort')
    }
    const { reason } = await remote.peer.disconnect({ blame: 'disconnect' })
    expect(reason).toMatchObject({ code: 'requested' })
    await remote.settle()
    expect(remote.notifications.at(-1)?.message.type).toBe('disconnected')
  })

  it('reaches a shared channel even where it is full', async () => {
    const notifications = createChannel<PeerNotification>(1)
    const remote = new ScriptedRemote({ components: { notifications } })
    await remote.shakeHands()
    for (let n = 0; n < 3; n++) await remote.say(inv)
    await remote.peer.disconnect({ detail: 'over' })
    const types: string[] = []
    while (types.at(-1) !== 'disconnected') types.push((await notifications.receive())!.message.type)
    expect(types).toEqual(
      ['ready', 'message', 'message', 'disconnected'].slice(0, types.length - 1).concat('disconnected'),
    )
  })

  it('releases whoever reads messages, also one that comes too late', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await remote.peer.disconnect({ detail: 'over' })
    await remote.settle()
    const late: unknown[] = []
    for await (const notification of remote.peer.messages()) late.push(notification)
    expect(late).toEqual([])
  })
})

describe('what is served', () => {
  it('is given in the order it was asked for, however long each takes, and a ping is answered in its turn', async () => {
    const waiting: (() => void)[] = []
    const services: PeerServices = {
      block: (wanted) =>
        wanted[0] === 1
          ? new Promise((resolve) => waiting.push(() => resolve(new Uint8Array(1))))
          : undefined,
    }
    const remote = new ScriptedRemote({ kind: 'inbound', components: { services } })
    await remote.shakeHands()
    const block = (n: number): Message => ({
      type: 'getdata',
      inventory: [{ type: 0x40000002, hash: new Uint8Array(32).fill(n) }],
    })
    await remote.say(block(1), block(2), { type: 'ping', nonce: 4n })
    expect(remote.heardTypes()).toEqual([])
    waiting[0]!()
    await remote.settle()
    const sent = remote.transport.sent.slice(-3)
    expect(sent.map(({ command }) => command)).toEqual(['block', 'notfound', 'pong'])
  })

  it('and the pings that wait behind it stop the reading, too', async () => {
    let give = (): void => undefined
    const services: PeerServices = {
      block: () => new Promise((resolve) => (give = () => resolve(new Uint8Array(1)))),
    }
    const remote = new ScriptedRemote({
      kind: 'inbound',
      limits: { maxUnhandledBytes: 1_000 },
      components: { services },
    })
    await remote.shakeHands()
    const pings = 3 * MAX_SERVE_QUEUE
    await remote.say({ type: 'getdata', inventory: [{ type: 0x40000002, hash }] })
    const reads = remote.transport.reads
    for (let n = 1; n <= pings; n++) await remote.say({ type: 'ping', nonce: BigInt(n) })
    expect(remote.heardTypes()).toEqual([])
    expect(remote.transport.reads - reads).toBeLessThan(pings)
    give()
    await remote.settle()
    const sent = remote.transport.sent.slice(-1 - pings).map(({ command }) => command)
    expect(sent).toEqual(['block', ...Array.from({ length: pings }, () => 'pong')])
    expect(remote.reason).toBeUndefined()
  })

  it('nothing: as Core answers who has nothing', async () => {
    const remote = new ScriptedRemote({ kind: 'inbound' })
    await remote.shakeHands()
    await remote.say(
      { type: 'getheaders', version: 1, locator: [], stopHash: hash },
      { type: 'getblocks', version: 1, locator: [], stopHash: hash },
      { type: 'getaddr' },
      {
        type: 'getdata',
        inventory: [
          { type: 1, hash },
          { type: 3, hash },
        ],
      },
      { type: 'getblocktxn', blockHash: hash, indexes: Uint16Array.of(1) },
    )
    expect(remote.heard()).toEqual([
      { type: 'headers', headers: [] },
      {
        type: 'notfound',
        inventory: [
          { type: 1, hash },
          { type: 3, hash },
        ],
      },
    ])
    expect(remote.reason).toBeUndefined()
  })
})
