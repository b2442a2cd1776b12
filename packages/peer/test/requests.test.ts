import {
  blockHash,
  type BlockHash,
  encodePayload,
  type GossipedAddress,
  type Hash256,
  type Message,
  txid,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { CompactFilter, RequestOutcome } from '../src/index.ts'
import { block, collect, hashOf, header, MINUTE, ready, transaction, watch } from './support/requests.ts'
import { ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

describe('getAddresses', () => {
  const some = (count: number): GossipedAddress[] =>
    Array.from({ length: count }, (_, n) => ({
      time: 1,
      services: 9n,
      address: { network: 'ipv4', bytes: Uint8Array.of(9, 9, 9, n), port: 1 },
    }))

  it('shares the getaddr of the handshake, and is not taken in by a single announcement', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getAddresses())
    await remote.settle()
    expect(remote.heardTypes()).toEqual([])
    await remote.say({ type: 'addrv2', addresses: some(1) })
    expect(reply.value()).toBeUndefined()
    await remote.say({ type: 'addrv2', addresses: some(5) })
    expect(reply.value()).toHaveLength(5)
    expect(remote.handedOn()).toHaveLength(2)
  })

  it('is answered by what comes together with the end of the handshake', async () => {
    const remote = new ScriptedRemote()
    const reply = watch(remote.peer.getAddresses())
    await remote.settle()
    await remote.say(versionMessage())
    expect(remote.heardTypes()).toContain('getaddr')
    await remote.say({ type: 'verack' }, { type: 'addrv2', addresses: some(5) })
    expect(reply.value()).toHaveLength(5)
    expect(remote.heardTypes()).toEqual(expect.not.arrayContaining(['getaddr']))
  })

  it('asks where the handshake did not, takes a single address at the last, and times out for none', async () => {
    const remote = await ready({ askForAddresses: false })
    const one = watch(remote.peer.getAddresses({ timeout: 1_000 }))
    await remote.settle()
    expect(remote.heardTypes()).toEqual(['getaddr'])
    await remote.say({ type: 'addr', addresses: some(1) })
    await remote.clock.advance(1_000)
    expect(one.value()).toHaveLength(1)
    const fresh = await ready({ askForAddresses: false })
    const none = watch(fresh.peer.getAddresses({ timeout: 1_000 }))
    await fresh.clock.advance(1_000)
    expect(none.error()).toMatchObject({ code: 'timeout' })
  })
})

describe('the other requests', () => {
  it('ping, many at once, each by its nonce', async () => {
    const remote = await ready()
    const pings = [1, 2, 3].map(() => watch(remote.peer.ping()))
    await remote.settle()
    const nonces = remote.heard().map((message) => (message.type === 'ping' ? message.nonce! : 0n))
    await remote.clock.advance(25)
    await remote.say({ type: 'pong', nonce: nonces[2]! }, { type: 'pong', nonce: nonces[0]! })
    expect(pings.map((ping) => ping.value()?.roundTrip)).toEqual([25, undefined, 25])
    await remote.clock.advance(MINUTE)
    expect(pings[1]!.error()).toMatchObject({ code: 'timeout', request: 'ping' })
  })

  it('mempool, over several full messages', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getMempool())
    await remote.settle()
    expect(remote.heardTypes()).toEqual(['mempool'])
    const entry = { type: 5, hash: hashOf(1) }
    await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(2) }] })
    await remote.say({ type: 'inv', inventory: new Array(50_000).fill(entry) })
    expect(reply.value()).toBeUndefined()
    await remote.say({ type: 'inv', inventory: [entry] })
    expect(reply.value()).toHaveLength(50_001)
  })

  it('cfilters, one request at a time, each delivered as it arrives', async () => {
    const remote = await ready()
    const ask = (stopHash: BlockHash) => collect(remote.peer.getCompactFilters({ startHeight: 1, stopHash }))
    const first = ask(hashOf(3))
    const second = ask(hashOf(4))
    const filter = (n: number): Message => ({
      type: 'cfilter',
      filterType: 0,
      blockHash: hashOf(n),
      filter: Uint8Array.of(n),
    })
    await remote.settle()
    expect(remote.heard()).toMatchObject([{ type: 'getcfilters', stopHash: hashOf(3) }])
    await remote.say(filter(2))
    expect(first.items).toHaveLength(1)
    await remote.say(filter(3))
    expect(first.end.value()).toBe('end')
    expect(remote.heard()).toMatchObject([{ type: 'getcfilters', stopHash: hashOf(4) }])
    await remote.say(filter(4))
    expect(second.items).toMatchObject([{ blockHash: hashOf(4) }])
    expect(second.end.value()).toBe('end')
  })

  it('a remote that never sends the last filter is cut off at what the protocol allows', async () => {
    const remote = await ready()
    const { items, end } = collect(remote.peer.getCompactFilters({ startHeight: 0, stopHash: hashOf(3) }))
    await remote.settle()
    const filter: Message = {
      type: 'cfilter',
      filterType: 0,
      blockHash: hashOf(1),
      filter: new Uint8Array(1),
    }
    for (let n = 0; n < 1_100; n++) await remote.say(filter)
    expect(items).toHaveLength(1_000)
    await remote.clock.advance(MINUTE)
    expect(end.error()).toMatchObject({ code: 'timeout' })
  })

  it('filters that nobody reads are kept up to 64 MiB; the connection goes on without them', async () => {
    const remote = await ready()
    const filters = remote.peer
      .getCompactFilters({ startHeight: 0, stopHash: hashOf(3) })
      [Symbol.asyncIterator]()
    await remote.settle()
    const filter: Message = {
      type: 'cfilter',
      filterType: 0,
      blockHash: hashOf(1),
      filter: new Uint8Array(3_900_000),
    }
    for (let n = 0; n < 30; n++) await remote.say(filter)
    const read: unknown[] = []
    const end = await (async () => {
      for (;;) read.push((await filters.next()).value)
    })().catch((error: unknown) => error)
    expect(end).toMatchObject({ name: 'PeerError', code: 'reply-too-large', limit: 67_108_864 })
    expect(read).toHaveLength(17)
    const ping = watch(remote.peer.ping())
    await remote.settle()
    const sent = remote.heard().find((message) => message.type === 'ping')
    if (sent?.nonce === undefined) throw new Error('no ping was sent')
    await remote.say({ type: 'pong', nonce: sent.nonce })
    expect(ping.value()).toMatchObject({ roundTrip: expect.any(Number) as unknown })
  })

  it('filters that nobody reads do not keep the chunks that they came in', async () => {
    const remote = await ready()
    const filters = remote.peer
      .getCompactFilters({ startHeight: 0, stopHash: hashOf(3) })
      [Symbol.asyncIterator]()
    await remote.settle()
    const { command, payload } = encodePayload({
      type: 'cfilter',
      filterType: 0,
      blockHash: hashOf(1),
      filter: Uint8Array.of(1, 2),
    })
    const chunk = new Uint8Array(65_536)
    chunk.set(payload, 100)
    await remote.sayRaw(command, chunk.subarray(100, 100 + payload.length))
    const { value } = (await filters.next()) as IteratorYieldResult<CompactFilter>
    expect(value).toMatchObject({ blockHash: hashOf(1), filter: Uint8Array.of(1, 2) })
    expect([value.filter.buffer.byteLength, value.blockHash.buffer.byteLength]).toEqual([2, 32])
  })

  it('filters that are read as they come may be more than that', async () => {
    const remote = await ready()
    const { items, end } = collect(remote.peer.getCompactFilters({ startHeight: 0, stopHash: hashOf(3) }))
    await remote.settle()
    const filter = new Uint8Array(3_900_000)
    for (let n = 0; n < 20; n++)
      await remote.say({ type: 'cfilter', filterType: 0, blockHash: hashOf(1), filter })
    await remote.say({ type: 'cfilter', filterType: 0, blockHash: hashOf(3), filter })
    expect(items).toHaveLength(21)
    expect(end.value()).toBe('end')
  })

  it('cfheaders, cfcheckpt and blocktxn, by the hash that both carry', async () => {
    const remote = await ready()
    const headers = watch(remote.peer.getCompactFilterHeaders({ startHeight: 0, stopHash: hashOf(1) }))
    const checkpoints = watch(remote.peer.getCompactFilterCheckpoints({ stopHash: hashOf(2) }))
    const transactions = watch(remote.peer.getBlockTransactions({ blockHash: hashOf(3), indexes: [1, 4] }))
    await remote.settle()
    expect(remote.heard()).toEqual([
      { type: 'getcfheaders', filterType: 0, startHeight: 0, stopHash: hashOf(1) },
      { type: 'getcfcheckpt', filterType: 0, stopHash: hashOf(2) },
      { type: 'getblocktxn', blockHash: hashOf(3), indexes: Uint16Array.of(1, 4) },
    ])
    const previousFilterHeader = hashOf(9) as Hash256
    await remote.say(
      { type: 'blocktxn', blockHash: hashOf(3), transactions: [transaction(1)] },
      { type: 'cfcheckpt', filterType: 0, stopHash: hashOf(2), filterHeaders: [hashOf(8)] },
      { type: 'cfheaders', filterType: 0, stopHash: hashOf(7), previousFilterHeader, filterHashes: [] },
      {
        type: 'cfheaders',
        filterType: 0,
        stopHash: hashOf(1),
        previousFilterHeader,
        filterHashes: [hashOf(6)],
      },
    )
    expect(headers.value()?.filterHashes).toEqual([hashOf(6)])
    expect(checkpoints.value()?.filterHeaders).toEqual([hashOf(8)])
    expect(transactions.value()).toHaveLength(1)
    expect(remote.notifications.map(({ message }) => message)).toMatchObject([
      { type: 'ready' },
      { type: 'message', message: { type: 'cfheaders', stopHash: hashOf(7) }, unrequested: true },
    ])
  })
})

describe('getUtreexoProof', () => {
  it('is matched by the block', async () => {
    const remote = await ready()
    const bitmap = new Uint8Array(0)
    const request = {
      blockHash: hashOf(1),
      withTargets: true,
      withProofHashes: true,
      withLeafData: true,
      proofBitmap: bitmap,
      leafBitmap: bitmap,
    }
    const reply = watch(remote.peer.getUtreexoProof({ request: request }))
    await remote.settle()
    expect(remote.transport.sent.at(-1)?.command).toBe('getuproof')
    const proof = {
      blockHash: hashOf(1),
      proofHashes: [hashOf(4)],
      targets: BigUint64Array.of(9n),
      leafData: [],
    }
    await remote.say({ type: 'uproof', proof })
    expect(reply.value()?.proofHashes).toEqual([hashOf(4)])
    expect(remote.handedOn()).toEqual([])
  })
})

describe('a proof that may be larger than all other messages', () => {
  const request = (n: number) => ({
    blockHash: hashOf(n),
    withTargets: true,
    withProofHashes: true,
    withLeafData: true,
    proofBitmap: new Uint8Array(0),
    leafBitmap: new Uint8Array(0),
  })
  const proof = (n: number) => ({
    blockHash: hashOf(n),
    proofHashes: [],
    targets: new BigUint64Array(0),
    leafData: [],
  })

  it('is expected from when it is asked for until it has come, by whomever', async () => {
    const remote = await ready()
    expect(remote.transport.large).toEqual([])
    const reply = watch(remote.peer.getUtreexoProof({ request: request(1) }))
    remote.peer.send({ type: 'getuproof', request: request(2) })
    await remote.settle()
    expect(remote.transport.large).toEqual(['uproof'])
    await remote.say({ type: 'uproof', proof: proof(1) })
    expect(reply.value()).toBeDefined()
    expect(remote.transport.large).toEqual(['uproof'])
    await remote.say({ type: 'uproof', proof: proof(2) })
    expect(remote.transport.large).toEqual([])
  })

  it('has its time from the answer to an earlier one on, and one that was passed over its own', async () => {
    const remote = await ready()
    const ask = (n: number) => watch(remote.peer.getUtreexoProof({ request: request(n) }, { timeout: 1_000 }))
    const replies = [1, 2, 3].map(ask)
    await remote.clock.advance(900)
    await remote.say({ type: 'uproof', proof: proof(2) })
    await remote.clock.advance(900)
    expect(replies.map((reply) => reply.error()?.code)).toEqual(['timeout', undefined, undefined])
    expect(replies[1]!.value()).toBeDefined()
    await remote.clock.advance(200)
    expect(replies[2]!.error()).toMatchObject({ code: 'timeout' })
  })

  it('is expected still where it has been given up: it may be on its way', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getUtreexoProof({ request: request(1) }, { timeout: 1_000 }))
    await remote.clock.advance(1_001)
    expect(reply.error()).toMatchObject({ code: 'timeout' })
    await remote.say({ type: 'uproof', proof: proof(7) })
    expect(remote.transport.large).toEqual(['uproof'])
    await remote.say({ type: 'uproof', proof: proof(1) })
    expect(remote.transport.large).toEqual([])
    expect(remote.handedOn()).toMatchObject([{ type: 'uproof', proof: { blockHash: hashOf(7) } }])
  })
})

describe('getUtreexoRoots', () => {
  const state = (n: number) => ({
    blockHash: hashOf(n),
    leaves: 1n,
    roots: [hashOf(9)],
    target: 3n,
    proofHashes: [],
  })

  it('is matched by the block', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getUtreexoRoots({ blockHash: hashOf(1) }))
    await remote.settle()
    expect(remote.transport.sent.at(-1)?.command).toBe('geturoot')
    await remote.say({ type: 'uroot', state: state(2) })
    expect(reply.value()).toBeUndefined()
    await remote.say({ type: 'uroot', state: state(1) })
    expect(reply.value()).toEqual(state(1))
    expect(remote.handedOn()).toMatchObject([{ type: 'uroot', state: { blockHash: hashOf(2) } }])
  })
})

describe('getUtreexoTtls', () => {
  const block = (height: number) => ({
    height,
    deathHeights: Uint32Array.of(5),
    deathIndexes: Uint32Array.of(0),
  })

  it('is matched by the height of the first block', async () => {
    const remote = await ready()
    const request = { version: 300, startHeight: 258, exponent: 1 }
    const reply = watch(remote.peer.getUtreexoTtls({ request }))
    await remote.settle()
    expect(remote.transport.sent.at(-1)?.command).toBe('getuttls')
    await remote.say({ type: 'uttls', ttls: { blocks: [], proofHashes: [] } })
    await remote.say({ type: 'uttls', ttls: { blocks: [block(2)], proofHashes: [] } })
    expect(reply.value()).toBeUndefined()
    await remote.say({ type: 'uttls', ttls: { blocks: [block(258), block(259)], proofHashes: [] } })
    expect(reply.value()?.blocks).toHaveLength(2)
    expect(remote.handedOn()).toHaveLength(2)
  })
})

describe('every request', () => {
  const start: readonly [
    string,
    (remote: ScriptedRemote, options: { timeout?: number; signal?: AbortSignal }) => Promise<unknown>,
  ][] = [
    ['getHeaders', ({ peer }, options) => peer.getHeaders({ locator: [hashOf(1)] }, options)],
    ['getBlocks', ({ peer }, options) => peer.getBlock(hashOf(1), options)],
    [
      'getTransactions',
      ({ peer }, options) => peer.getTransactions([{ kind: 'txid', hash: hashOf(1) as never }], options),
    ],
    ['getAddresses', ({ peer }, options) => peer.getAddresses(options)],
    ['getMempool', ({ peer }, options) => peer.getMempool(options)],
    ['ping', ({ peer }, options) => peer.ping(options)],
    [
      'getCompactFilters',
      ({ peer }, options) =>
        collectAll(peer.getCompactFilters({ startHeight: 0, stopHash: hashOf(1) }, options)),
    ],
    [
      'getCompactFilterHeaders',
      ({ peer }, options) => peer.getCompactFilterHeaders({ startHeight: 0, stopHash: hashOf(1) }, options),
    ],
    [
      'getCompactFilterCheckpoints',
      ({ peer }, options) => peer.getCompactFilterCheckpoints({ stopHash: hashOf(1) }, options),
    ],
    [
      'getBlockTransactions',
      ({ peer }, options) => peer.getBlockTransactions({ blockHash: hashOf(1), indexes: [0] }, options),
    ],
    ['getUtreexoRoots', ({ peer }, options) => peer.getUtreexoRoots({ blockHash: hashOf(1) }, options)],
    [
      'getUtreexoTtls',
      ({ peer }, options) =>
        peer.getUtreexoTtls({ request: { version: 9, startHeight: 3, exponent: 0 } }, options),
    ],
  ]

  it.each(start)('%s ends in a timeout, and the connection goes on', async (request, ask) => {
    const remote = await ready()
    const outcomes: { request: string; outcome: RequestOutcome }[] = []
    remote.peer.events.on('requestEnded', (event) => outcomes.push(event))
    const reply = watch(ask(remote, { timeout: 5_000 }))
    await remote.clock.advance(4_999)
    expect(reply.error()).toBeUndefined()
    await remote.clock.advance(1)
    expect(reply.error()).toMatchObject({ code: 'timeout', request, timeout: 5_000 })
    expect(outcomes).toEqual([{ request, outcome: 'timeout', milliseconds: 5_000 }])
    expect(remote.peer.info().requestsInFlight).toBe(0)
    expect(remote.reason).toBeUndefined()
  })

  it.each(start)('%s ends with the reason of the disconnect', async (_, ask) => {
    const remote = await ready()
    const reply = watch(ask(remote, {}))
    await remote.settle()
    remote.transport.push(null)
    await remote.settle()
    expect(reply.error()).toMatchObject({ code: 'disconnected', reason: { code: 'remote-closed' } })
    const late = watch(ask(remote, {}))
    await remote.settle()
    expect(late.error()).toMatchObject({ code: 'disconnected', reason: { code: 'remote-closed' } })
  })

  it.each(start)('%s is given up by its signal, before and after it is sent', async (_, ask) => {
    const remote = await ready()
    const why = new Error('changed my mind')
    const reply = watch(ask(remote, { signal: AbortSignal.abort(why) }))
    await remote.settle()
    expect(reply.error()).toBe(why)
    expect(remote.heardTypes()).toEqual([])
    const controller = new AbortController()
    const later = watch(ask(remote, { signal: controller.signal }))
    await remote.settle()
    controller.abort('not an Error')
    await remote.settle()
    expect(later.error()).toBe('not an Error')
    expect(remote.reason).toBeUndefined()
  })

  it.each(start)('%s before the handshake waits for it, and no longer than its timeout', async (_, ask) => {
    const remote = new ScriptedRemote({ askForAddresses: false })
    const reply = watch(ask(remote, { timeout: 5_000 }))
    await remote.settle()
    expect(remote.heardTypes()).toEqual(['version'])
    await remote.clock.advance(5_000)
    expect(reply.error()).toMatchObject({ code: 'timeout' })
    await remote.shakeHands()
    expect(remote.heardTypes()).toEqual([])
  })

  it('that does not fit the wire is refused to the caller, and the connection goes on', async () => {
    const remote = await ready()
    const locator = Array.from({ length: 102 }, (_, n) => hashOf(n))
    await expect(remote.peer.getHeaders({ locator })).rejects.toMatchObject({ code: 'invalid-argument' })
    expect(remote.reason).toBeUndefined()
  })

  it('beyond what the queue holds is refused at once', async () => {
    const remote = new ScriptedRemote({ limits: { maxQueuedRequests: 3 } })
    const waiting = [1, 2, 3, 4].map(() => watch(remote.peer.ping()))
    await remote.settle()
    expect(waiting.map((ping) => ping.error()?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'request-queue-full',
    ])
  })
})

async function collectAll<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}

describe('what the owner sends by itself', () => {
  it('comes back as messages, marked as requested', async () => {
    const remote = await ready()
    remote.peer.send({
      type: 'getdata',
      inventory: [
        { type: 2, hash: blockHash(header(1)) },
        { type: 1, hash: txid(transaction(1)) },
      ],
    })
    remote.peer.send({ type: 'getheaders', version: 70_016, locator: [hashOf(1)], stopHash: hashOf(0) })
    remote.peer.send({ type: 'getcfilters', filterType: 0, startHeight: 0, stopHash: hashOf(2) })
    await remote.say(
      { type: 'block', block: block(1) },
      { type: 'tx', transaction: transaction(1) },
      { type: 'headers', headers: [] },
      { type: 'cfilter', filterType: 0, blockHash: hashOf(1), filter: new Uint8Array(0) },
      { type: 'cfilter', filterType: 0, blockHash: hashOf(2), filter: new Uint8Array(0) },
      { type: 'block', block: block(1) },
    )
    const told = remote.notifications.flatMap(({ message }) =>
      message.type === 'message' ? [[message.message.type, message.unrequested]] : [],
    )
    expect(told).toEqual([
      ['block', false],
      ['tx', false],
      ['headers', false],
      ['cfilter', false],
      ['cfilter', false],
      ['block', true],
    ])
  })

  it('before the handshake waits for it', async () => {
    const remote = new ScriptedRemote()
    remote.peer.send({ type: 'sendheaders' })
    await remote.settle()
    expect(remote.heardTypes()).toEqual(['version'])
    await remote.say(
      {
        type: 'version',
        version: 70_016,
        services: 0n,
        time: 0,
        receiver: none,
        sender: none,
        nonce: 1n,
        userAgent: '',
        startHeight: 0,
        relay: true,
      },
      { type: 'verack' },
    )
    expect(remote.heardTypes()).toContain('sendheaders')
  })

  it('after the end goes nowhere, and says so', async () => {
    const remote = await ready()
    await remote.peer.disconnect({ detail: 'over' })
    expect(remote.peer.send({ type: 'getaddr' })).toBe(false)
    await expect(remote.peer.ready()).rejects.toMatchObject({
      code: 'disconnected',
      reason: { code: 'requested' },
    })
  })
})

const none = { services: 0n, ip: new Uint8Array(16), port: 0 }
