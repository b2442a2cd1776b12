import { encodePayload, type Message } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { ConnectionKind } from '../src/index.ts'
import { hashOf, header, ready } from './support/requests.ts'
import { ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

const compactBlock = {
  type: 'cmpctblock',
  compactBlock: { header: header(1), nonce: 7n, shortIds: [1], prefilled: [] },
} as const
const gossiped = {
  time: 1_700_000_000,
  services: 1n,
  address: { network: 'ipv4', bytes: Uint8Array.of(8, 8, 4, 4), port: 8_333 },
} as const

/** Many messages in one batch, as a remote that has cause sends them. */
async function sayMany(remote: ScriptedRemote, messages: readonly Message[]): Promise<void> {
  remote.transport.push(messages.map((message) => encodePayload(message)))
  await remote.settle()
}

/** How often the remote was not read because it had had its share of our time. */
function countPauses(remote: ScriptedRemote): () => number {
  let pauses = 0
  remote.peer.events.on('stalled', ({ by }) => {
    if (by === 'work') pauses += 1
  })
  return () => pauses
}

function handled(remote: ScriptedRemote, type: string): number {
  return remote.handedOn().filter((message) => message.type === type).length
}

describe('a remote that sends much at once is read more slowly, and not blamed', () => {
  it('5,000 blocks that are mined at once, each announced by headers of its own, pass at once', async () => {
    const remote = await ready()
    const pauses = countPauses(remote)
    await sayMany(
      remote,
      Array.from({ length: 5_000 }, (_, n) => ({ type: 'headers', headers: [header(n)] })),
    )
    expect(handled(remote, 'headers')).toBe(5_000)
    expect(pauses()).toBe(0)
    expect(remote.reason).toBeUndefined()
  })

  it('50,000 getuproof of a node without a state of its own, and a getdata for all of it', async () => {
    const remote = await ready({ kind: 'inbound' })
    const nothing = new Uint8Array(0)
    const request = {
      blockHash: hashOf(1),
      withTargets: true,
      withProofHashes: true,
      withLeafData: true,
      proofBitmap: nothing,
      leafBitmap: nothing,
    }
    const pauses = countPauses(remote)
    const ask = encodePayload({ type: 'getuproof', request } as unknown as Message)
    remote.transport.push(Array.from({ length: 50_000 }, () => ask))
    await remote.settle()
    const atOnce = handled(remote, 'getuproof')
    expect(atOnce).toBeLessThan(50_000)
    await remote.clock.advance(60_000)
    const inventory = Array.from({ length: 50_000 }, () => ({ type: 0x40000002, hash: hashOf(1) }))
    await remote.say({ type: 'getdata', inventory })
    await remote.clock.advance(60_000)
    expect(handled(remote, 'getuproof')).toBe(50_000)
    expect(remote.reason).toBeUndefined()
    expect(pauses()).toBeGreaterThan(0)
  })

  it.each([
    ['inv', { type: 'inv', inventory: [] }],
    ['notfound', { type: 'notfound', inventory: [] }],
    ['whatever', { type: 'unknown', command: 'whatever', payload: new Uint8Array(0) }],
    ['large', { type: 'unknown', command: 'large', payload: new Uint8Array(500_000) }],
    ['pong', { type: 'pong', nonce: 7n }],
    // A look through the pool.
    ['cmpctblock', compactBlock, 1_010],
    // What is beyond their rate is not decoded, and read all the same.
    ['addr', { type: 'addr', addresses: Array.from({ length: 1_000 }, () => gossiped) }, 620],
  ] as const)('%s, for ever, at 2 %% of our time', async (_, message, costs: number = 10) => {
    const remote = await ready({ kind: 'inbound' })
    const batch = Array.from({ length: 1_000 }, () => encodePayload(message))
    let events = 0
    remote.peer.events.on('message', () => {
      events += 1
    })
    for (let n = 0; n < 200; n++) remote.transport.push(batch)
    await remote.settle()
    const burst = events
    await remote.clock.advance(10_000)
    const cost = message.type === 'unknown' ? 10 + 0.05 * message.payload.length : costs
    expect(burst).toBeLessThanOrEqual(200_000 / cost + 2)
    expect(events - burst).toBeLessThanOrEqual((10 * 20_000) / cost + 2)
    expect(events - burst).toBeGreaterThan((9 * 20_000) / cost)
    expect(remote.reason).toBeUndefined()
    await remote.peer.disconnect({ blame: 'disconnect' })
    await remote.settle()
    expect(remote.clock.pendingTimers).toBe(0)
  })

  it('also where its owner is always a little behind', async () => {
    const taken: unknown[] = []
    const notifications = {
      trySend: () => false,
      send: (notification: unknown) => Promise.resolve(void taken.push(notification)),
    } as never
    const remote = await ready({
      kind: 'inbound',
      limits: { work: { burst: 1_000, perSecond: 1_000 } },
      components: { notifications },
    })
    const inv = encodePayload({ type: 'inv', inventory: [] })
    const before = taken.length
    remote.transport.push(Array.from({ length: 1_000 }, () => inv))
    await remote.settle()
    expect(taken.length - before).toBeLessThanOrEqual(102)
    await remote.clock.advance(1_000)
    expect(taken.length - before).toBeLessThanOrEqual(204)
  })

  it('and a quiet day does not earn the right to more than the burst', async () => {
    const remote = await ready({ kind: 'inbound', timeouts: { pingInterval: 0, inactivity: 86_400_001 } })
    const pauses = countPauses(remote)
    await remote.clock.advance(86_000_000)
    await sayMany(
      remote,
      Array.from({ length: 30_000 }, () => ({ type: 'pong', nonce: 7n })),
    )
    expect(pauses()).toBe(1)
  })

  it.each<[ConnectionKind, number]>([
    ['inbound', 20_000],
    ['outbound-full-relay', 30_000],
    ['manual', 200_000],
  ])('%s: %i messages of 10 µs at once', async (kind, atOnce) => {
    const remote = await ready({ kind })
    const pauses = countPauses(remote)
    const pong = encodePayload({ type: 'unknown', command: 'x', payload: new Uint8Array(0) })
    const room = atOnce - 500
    remote.transport.push(Array.from({ length: room }, () => pong))
    await remote.settle()
    expect(pauses()).toBe(0)
    remote.transport.push(Array.from({ length: 1_000 }, () => pong))
    await remote.settle()
    expect(pauses()).toBe(1)
  })

  it('what was asked for costs nothing', async () => {
    const remote = await ready({ kind: 'inbound', limits: { work: { burst: 2_000, perSecond: 1 } } })
    const pauses = countPauses(remote)
    for (let n = 0; n < 100; n++) {
      const headers = remote.peer.getHeaders({ locator: [hashOf(1)] })
      await remote.settle()
      await remote.say({
        type: 'headers',
        headers: Array.from({ length: 2_000 }, () => header(n, hashOf(1))),
      })
      expect(await headers).toHaveLength(2_000)
    }
    expect(pauses()).toBe(0)
  })
})

describe('a remote that the owner bears with', () => {
  const tooMany = new Uint8Array(3 + 36 * 50_001)
  tooMany.set([0xfd, 0x51, 0xc3])

  it('stays after what ends other connections with blame; the message is dropped and told', async () => {
    const manual = await ready({ kind: 'manual' })
    const told: string[] = []
    manual.peer.events.on('misbehaved', ({ reason }) => told.push(reason.code))
    await manual.sayRaw('inv', tooMany)
    await manual.sayRaw('sendcmpct', Uint8Array.of(2, 2, 0, 0, 0, 0, 0, 0, 0))
    for (let n = 0; n < 103; n++) await manual.sayRaw('verack')
    expect(manual.reason).toBeUndefined()
    expect(told).toEqual(['malformed', 'malformed', 'flood', 'flood', 'flood', 'flood'])
    expect(manual.handedOn()).toEqual([])
    manual.heard()
    await manual.say({ type: 'ping', nonce: 5n })
    expect(manual.heard()).toEqual([{ type: 'pong', nonce: 5n }])
  })

  it('is one by its kind, or as the owner says', async () => {
    const strict = await ready({ kind: 'manual', tolerant: false })
    await strict.sayRaw('inv', tooMany)
    expect(strict.reason).toMatchObject({ code: 'malformed', blame: 'discourage' })
    const inbound = await ready({ kind: 'inbound' })
    await inbound.sayRaw('inv', tooMany)
    expect(inbound.reason).toMatchObject({ code: 'malformed', blame: 'discourage' })
    const protectedOne = await ready({ kind: 'inbound', tolerant: true })
    await protectedOne.sayRaw('inv', tooMany)
    expect(protectedOne.reason).toBeUndefined()
  })

  it('is let go for what is no misbehaviour, and where the owner says so', async () => {
    const remote = await ready({ kind: 'manual' })
    await remote.say({ type: 'wtxidrelay' })
    expect(remote.reason).toMatchObject({ code: 'late-handshake-message', blame: 'disconnect' })
    const other = await ready({ kind: 'manual' })
    await other.peer.disconnect({ blame: 'discourage' })
    expect(other.reason).toMatchObject({ code: 'requested', blame: 'discourage' })
  })
})

describe('the process did not run', () => {
  it('for minutes: nothing of it is held against the remote', async () => {
    const remote = await ready()
    const ping = remote.peer.ping({ timeout: 60_000 })
    await remote.clock.advance(1_000)
    await sleep(remote, 30 * 60_000)
    const heard = remote.heard().filter((message) => message.type === 'ping')
    for (const { nonce } of heard) await remote.say({ type: 'pong', nonce: nonce! })
    expect((await ping).roundTrip).toBeGreaterThan(0)
    expect(remote.reason).toBeUndefined()
  })

  it('during the handshake neither', async () => {
    const remote = new ScriptedRemote()
    await remote.settle()
    await sleep(remote, 30 * 60_000)
    await remote.say(versionMessage(), { type: 'verack' })
    expect(remote.peer.state).toBe('ready')
  })
})

/** Time goes by and no timer fires until it has. */
async function sleep(remote: ScriptedRemote, milliseconds: number): Promise<void> {
  remote.clock.skip(milliseconds)
  await remote.settle()
}

describe('a reply that is ignored counts as work', () => {
  const notfound = new Uint8Array(3 + 36 * 5_017)
  notfound.set([0xfd, 0x99, 0x13])

  it.each([
    ['headers before the handshake', false, 'headers', Uint8Array.of(0)],
    ['sketch, which is not spoken', true, 'sketch', new Uint8Array(0)],
    ['a notfound beyond its limit', true, 'notfound', notfound],
  ])('%s', async (_, handshake, command, payload) => {
    const remote = new ScriptedRemote({ limits: { work: { burst: 100, perSecond: 1 } } })
    if (handshake) await remote.shakeHands()
    const causes: string[] = []
    remote.peer.events.on('stalled', ({ by }) => causes.push(by))
    for (let n = 0; n <= 10; n++) await remote.sayRaw(command, payload)
    expect(causes).toEqual(['work'])
  })
})

it('says since when it has been behind with what a remote sends, until it is not', async () => {
  const remote = await ready({ kind: 'inbound' })
  expect(remote.peer.behindSince).toBeUndefined()
  const one = encodePayload({ type: 'unknown', command: 'large', payload: new Uint8Array(10_000) })
  // As many as are paid for at once, and a minute of more, in batches as a socket gives them.
  for (let batch = 0; batch < 200; batch++) remote.transport.push(Array.from({ length: 16 }, () => one))
  await remote.settle()
  const since = remote.peer.behindSince
  expect(since).toBeDefined()
  await remote.clock.advance(10_000)
  expect(remote.peer.behindSince).toBe(since)
  await remote.clock.advance(120_000)
  expect(remote.peer.behindSince).toBeUndefined()
})
