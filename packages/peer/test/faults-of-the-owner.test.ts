import { runInNewContext } from 'node:vm'
import { InventoryType } from '@sapwood/wire-codec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import type { PeerComponents, PeerServices } from '../src/index.ts'
import { hashOf } from './support/requests.ts'
import { ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

const reached: unknown[] = []
const onReached = (error: unknown): void => void reached.push(error)
beforeEach(() => {
  reached.length = 0
  process.on('unhandledRejection', onReached)
  process.on('uncaughtException', onReached)
})
afterEach(() => {
  process.off('unhandledRejection', onReached)
  process.off('uncaughtException', onReached)
})

const boom = (): never => {
  throw new Error('the owner’s own')
}
const rejecting = (): Promise<never> => Promise.reject(new Error('the owner’s own'))
const ways: readonly (readonly [string, () => unknown])[] = [
  ['throws', boom],
  ['rejects', rejecting],
]

async function nothingReached(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
}

/** A handshake, a message and an end. */
async function live(components: Partial<PeerComponents>): Promise<void> {
  const remote = new ScriptedRemote({ components })
  await remote.shakeHands()
  await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(1) }] })
  expect(remote.peer.state).toBe('ready')
  await remote.peer.handshake
  const { reason } = await remote.peer.disconnect({ blame: 'disconnect' })
  expect(reason.code).toBe('requested')
  await nothingReached()
}

describe('a peer without a node lives, and ends, with', () => {
  it.each(ways)('a logger that %s', async (_, fail) => {
    await live({ logger: { debug: fail, info: fail, warn: fail, error: fail } })
  })

  it.each(ways)('a channel of notifications that %s', async (_, fail) => {
    await live({ notifications: { send: fail, trySend: fail } as never })
  })
})

describe('a source of randomness of a peer', () => {
  it('that throws when a ping is due ends it as the owner’s failure, and nothing else', async () => {
    const seeded = createSeededRandom(3)
    let bytes = (length: number): Uint8Array => seeded.bytes(length)
    const remote = new ScriptedRemote({ components: { random: { bytes: (length) => bytes(length) } } })
    await remote.say(versionMessage())
    bytes = boom
    await remote.say({ type: 'verack' })
    await remote.clock.advance(1)
    expect((await remote.peer.closed).reason.code).toBe('owner-failed')
    await nothingReached()
    expect(remote.clock.pendingTimers).toBe(0)
  })
})

/** A promise that `instanceof Promise` does not know, as one of another realm. */
function foreign(act: () => unknown): PromiseLike<unknown> {
  const make = runInNewContext('(async (act) => act())') as (act: () => unknown) => PromiseLike<unknown>
  return make(act)
}

describe('a promise of another realm', () => {
  it('that a listener gives, and that rejects, ends the peer as the owner’s failure', async () => {
    const remote = new ScriptedRemote()
    remote.peer.events.on('message', () => foreign(boom) as never)
    await remote.shakeHands()
    await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(1) }] })
    expect((await remote.peer.closed).reason.code).toBe('owner-failed')
    await nothingReached()
  })

  it('that a service gives is waited for', async () => {
    const services = { transaction: () => foreign(() => undefined) as never }
    const remote = new ScriptedRemote({ components: { services } })
    await remote.shakeHands()
    await remote.say({ type: 'getdata', inventory: [{ type: InventoryType.WITNESS_TX, hash: hashOf(1) }] })
    await new Promise((resolve) => setImmediate(resolve))
    await remote.clock.advance(0)
    expect(remote.heardOf('notfound')).toBeDefined()
    expect(remote.peer.state).toBe('ready')
  })
})

describe('a listener of a peer', () => {
  it.each(ways)('that %s ends it as the owner’s failure', async (_, fail) => {
    const remote = new ScriptedRemote()
    remote.peer.events.on('message', fail)
    await remote.shakeHands()
    await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(1) }] })
    expect((await remote.peer.closed).reason.code).toBe('owner-failed')
    await nothingReached()
  })

  it.each(ways)('that %s at the end changes nothing', async (_, fail) => {
    const remote = new ScriptedRemote()
    remote.peer.events.on('closed', fail)
    await remote.shakeHands()
    expect((await remote.peer.disconnect()).reason.code).toBe('requested')
    await nothingReached()
  })
})

describe('a transport', () => {
  it('that cannot say its figures ends nothing by it: what it said last is told', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    const before = remote.peer.info().bytesSent
    remote.transport.stats = () => undefined as never
    expect(remote.peer.info().bytesSent).toBe(before)
    remote.transport.stats = boom
    expect(remote.peer.info().bytesSent).toBe(before)
    await remote.clock.advance(60_000)
    const { reason, stats } = await remote.peer.disconnect({ blame: 'none' })
    expect(reason.code).toBe('requested')
    expect(stats.bytesSent).toBe(before)
    await nothingReached()
  })
})

describe('a service that says null for none', () => {
  it.each([
    ['at once', () => null],
    ['later', () => Promise.resolve(null)],
  ])('%s is one that has none', async (_, none) => {
    const services = {
      block: none,
      transaction: none,
      compactBlock: none,
      headers: none,
      compactFilters: none,
      utreexoProof: none,
    } as unknown as PeerServices
    const remote = new ScriptedRemote({ kind: 'inbound', components: { services } })
    await remote.shakeHands()
    const inventory = [InventoryType.WITNESS_BLOCK, InventoryType.COMPACT_BLOCK, InventoryType.WTX].map(
      (type) => ({ type, hash: hashOf(1) }),
    )
    await remote.say(
      { type: 'getdata', inventory },
      { type: 'getheaders', version: 70_016, locator: [], stopHash: hashOf(1) },
      { type: 'getcfilters', filterType: 0, startHeight: 0, stopHash: hashOf(1) },
      { type: 'ping', nonce: 7n },
    )
    await remote.clock.advance(1_000)
    expect(remote.reason).toBeUndefined()
    expect(remote.heardTypes()).toEqual(expect.arrayContaining(['notfound', 'pong']))
  })
})
