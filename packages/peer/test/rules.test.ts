import type { BlockHash, GossipedAddress, Message, MessageOf } from '@sapwood/wire-codec'
import { ByteReader, concatBytes, encodePayload } from '@sapwood/wire-codec'
import { describe, expect, it, vi } from 'vitest'
import type { ConnectionKind, PeerServices } from '../src/index.ts'
import { ready } from './support/requests.ts'
import { ScriptedRemote } from './support/scripted-remote.ts'

const hash = new Uint8Array(32).fill(9) as BlockHash
const empty = new Uint8Array(0)

function addresses(count: number): GossipedAddress[] {
  return Array.from({ length: count }, (_, n) => ({
    time: 1_767_225_600,
    services: 9n,
    address: { network: 'ipv4', bytes: Uint8Array.of(8, 8, n >> 8, n & 255), port: 8333 },
  }))
}

/** A CompactSize count of `count`, followed by zeros that are long enough to be that many entries. */
function counted(count: number, entrySize: number): Uint8Array {
  const prefix = Uint8Array.of(0xfd, count & 255, count >> 8)
  return concatBytes(prefix, new Uint8Array(count * entrySize))
}

describe('what ends a connection without blame beyond it', () => {
  it.each<[string, Message, ConnectionKind]>([
    [
      'a transaction announced on a block-relay-only connection',
      { type: 'inv', inventory: [{ type: 1, hash }] },
      'block-relay-only',
    ],
    [
      'one announced by wtxid',
      {
        type: 'inv',
        inventory: [
          { type: 2, hash },
          { type: 5, hash },
        ],
      },
      'block-relay-only',
    ],
    [
      'a transaction sent on one',
      {
        type: 'tx',
        transaction: {
          version: 2,
          inputs: [
            { previousOutput: { txid: hash as never, index: 0 }, scriptSig: empty, sequence: 0, witness: [] },
          ],
          outputs: [],
          lockTime: 0,
        },
      },
      'block-relay-only',
    ],
  ])('%s', async (_, message, kind) => {
    const remote = await ready({ kind })
    await remote.say(message)
    expect(remote.reason).toEqual({
      code: 'unwanted-transactions',
      blame: 'disconnect',
      command: message.type,
    })
  })

  it('the same where our version wanted no transactions', async () => {
    const remote = await ready({ version: { relay: false } })
    await remote.say({ type: 'inv', inventory: [{ type: 1, hash }] })
    expect(remote.reason?.code).toBe('unwanted-transactions')
  })

  it.each<Message>([
    { type: 'mempool' },
    { type: 'filterload', filter: Uint8Array.of(1), hashFunctions: 1, tweak: 0, flags: 0 },
    { type: 'filteradd', element: Uint8Array.of(1) },
    { type: 'filterclear' },
    { type: 'getcfilters', filterType: 0, startHeight: 0, stopHash: hash },
    { type: 'getcfheaders', filterType: 0, startHeight: 0, stopHash: hash },
    { type: 'getcfcheckpt', filterType: 0, stopHash: hash },
  ])('$type, which we do not offer', async (message) => {
    const remote = await ready({ kind: 'inbound' })
    await remote.say(message)
    expect(remote.reason).toEqual({ code: 'service-not-offered', blame: 'disconnect', command: message.type })
  })

  it.each<[string, Partial<PeerServices>, Message]>([
    [
      'getcfilters',
      { compactFilters: () => ({ invalid: 'unknown stop block' }) },
      { type: 'getcfilters', filterType: 0, startHeight: 0, stopHash: hash },
    ],
    [
      'getcfheaders',
      { compactFilterHeaders: () => ({ invalid: 'start above stop' }) },
      { type: 'getcfheaders', filterType: 0, startHeight: 9, stopHash: hash },
    ],
    [
      'getcfcheckpt',
      { compactFilterCheckpoints: () => ({ invalid: 'unknown filter type' }) },
      { type: 'getcfcheckpt', filterType: 7, stopHash: hash },
    ],
  ])('%s that cannot be met', async (command, services, message) => {
    const remote = await ready({ kind: 'inbound', components: { services } })
    await remote.say(message)
    expect(remote.reason).toMatchObject({ code: 'invalid-request', blame: 'disconnect', command })
  })

  it.each(['getheaders', 'getblocks'])('a locator of 102 in %s', async (command) => {
    const remote = await ready()
    await remote.sayRaw(command, concatBytes(new Uint8Array(4), Uint8Array.of(102), new Uint8Array(103 * 32)))
    expect(remote.reason).toMatchObject({
      code: 'malformed',
      blame: 'disconnect',
      command,
      decodeCode: 'too-many',
    })
  })

  it('an address fetch that has brought what it was for', async () => {
    const remote = await ready({ kind: 'addr-fetch' })
    await remote.say({ type: 'addrv2', addresses: addresses(1) })
    expect(remote.reason).toBeUndefined()
    await remote.say({ type: 'addrv2', addresses: addresses(20) })
    expect(remote.reason).toEqual({ code: 'purpose-met', blame: 'none', purpose: 'addr-fetch' })
    expect(remote.handedOn().filter(({ type }) => type === 'addrv2')).toHaveLength(2)
  })
})

describe('what is discouraged', () => {
  it.each([
    ['addr', counted(1_001, 30)],
    ['addrv2', counted(1_001, 12)],
    ['headers', counted(2_001, 81)],
  ])('too many entries in %s', async (command, payload) => {
    const remote = await ready()
    await remote.sayRaw(command, payload)
    expect(remote.reason).toMatchObject({
      code: 'malformed',
      blame: 'discourage',
      command,
      decodeCode: 'too-many',
    })
  })

  it.each(['inv', 'getdata'])('50,001 entries in %s', async (command) => {
    const remote = await ready()
    await remote.sayRaw(command, counted(50_001, 36))
    expect(remote.reason).toMatchObject({ code: 'malformed', blame: 'discourage', command })
  })

  it('sendcmpct with another announce than 0 or 1', async () => {
    const remote = await ready()
    await remote.sayRaw('sendcmpct', Uint8Array.of(2, 2, 0, 0, 0, 0, 0, 0, 0))
    expect(remote.reason).toMatchObject({ code: 'malformed', blame: 'discourage', command: 'sendcmpct' })
  })

  it('getblocktxn with an index that the block does not have', async () => {
    const services: PeerServices = { blockTransactions: () => ({ invalid: 'index out of bounds' }) }
    const remote = await ready({ kind: 'inbound', components: { services } })
    await remote.say({ type: 'getblocktxn', blockHash: hash, indexes: Uint16Array.of(9) })
    expect(remote.reason).toMatchObject({
      code: 'invalid-request',
      blame: 'discourage',
      command: 'getblocktxn',
    })
  })
})

describe('what is ignored once ready', () => {
  it.each<[string, Message, ConnectionKind]>([
    ['getaddr where we dialled', { type: 'getaddr' }, 'outbound-full-relay'],
    [
      'addresses on a block-relay-only connection',
      { type: 'addrv2', addresses: addresses(2) },
      'block-relay-only',
    ],
    ['sendcmpct of another version', { type: 'sendcmpct', announce: true, version: 1n }, 'inbound'],
    ['sendtxrcncl', { type: 'sendtxrcncl', version: 1, salt: 1n }, 'inbound'],
    ['reqrecon', { type: 'reqrecon', setSize: 1, q: 1 }, 'inbound'],
  ])('%s', async (_, message, kind) => {
    const remote = await ready({ kind, components: { services: { addresses: () => addresses(3) } } })
    const ignored: string[] = []
    remote.peer.events.on('ignored', ({ command }) => ignored.push(command))
    await remote.say(message)
    expect(ignored).toEqual([message.type])
    expect(remote.heard()).toEqual([])
    expect(remote.handedOn()).toEqual([])
    expect(remote.reason).toBeUndefined()
  })

  it('a feefilter that is no amount of money', async () => {
    const remote = await ready()
    await remote.sayRaw('feefilter', Uint8Array.of(1, 0x40, 7, 0x5a, 0xf0, 0x75, 7, 0))
    await remote.sayRaw('feefilter', new Uint8Array(8).fill(0xff))
    expect(remote.handedOn()).toEqual([])
    expect(remote.peer.info().minimumFeeFilter).toBe(0n)
    await remote.say({ type: 'feefilter', feeRate: 1_000n })
    expect(remote.peer.info().minimumFeeFilter).toBe(1_000n)
  })

  it('a second getaddr', async () => {
    let asked = 0
    const services: PeerServices = {
      addresses: () => {
        asked += 1
        return addresses(3)
      },
    }
    const remote = await ready({ kind: 'inbound', components: { services } })
    await remote.say({ type: 'getaddr' }, { type: 'getaddr' })
    expect(asked).toBe(1)
    expect(remote.heard()).toMatchObject([{ type: 'addr', addresses: [{}, {}, {}] }])
  })

  it('a notfound longer than anything we can have asked for', async () => {
    const remote = await ready()
    await remote.sayRaw('notfound', counted(5_017, 36))
    expect(remote.handedOn()).toEqual([])
    expect(remote.reason).toBeUndefined()
  })

  it('a payload that does not decode: the message is dropped, the remote kept', async () => {
    const remote = await ready()
    const seen: string[] = []
    remote.peer.events.on('malformed', ({ error }) => seen.push(error.code))
    for (const command of ['inv', 'headers', 'addr', 'block', 'tx', 'cmpctblock'])
      await remote.sayRaw(command, Uint8Array.of(0xff))
    expect(seen).toHaveLength(6)
    expect(remote.peer.info().malformedMessages).toBe(6)
    expect(remote.reason).toBeUndefined()
  })
})

describe('addresses', () => {
  it('one token at the start, a tenth each second, and a thousand with our getaddr', async () => {
    const asked = await ready()
    await asked.say({ type: 'addrv2', addresses: addresses(1_000) })
    expect(asked.peer.info()).toMatchObject({ addressesProcessed: 1_000, addressesRateLimited: 0 })
    await asked.say({ type: 'addrv2', addresses: addresses(3) })
    expect(asked.peer.info()).toMatchObject({ addressesProcessed: 1_001, addressesRateLimited: 2 })
    await asked.clock.advance(20_000)
    await asked.say({ type: 'addr', addresses: addresses(5) })
    expect(asked.peer.info()).toMatchObject({ addressesProcessed: 1_003, addressesRateLimited: 5 })
  })

  it('beyond the rate are not decoded, and the owner is told how many the message had', async () => {
    const remote = await ready({ kind: 'inbound' })
    await remote.say({ type: 'addr', addresses: addresses(1) })
    const dropped: number[] = []
    remote.peer.events.on('addressesLimited', (event) => dropped.push(event.dropped))
    const decoded = vi.spyOn(ByteReader.prototype, 'list')
    for (let n = 0; n < 50; n++) {
      const type = n % 2 === 0 ? 'addr' : 'addrv2'
      await remote.say({ type, addresses: addresses(1_000) })
    }
    expect(decoded).not.toHaveBeenCalled()
    decoded.mockRestore()
    expect(dropped).toEqual(Array.from({ length: 50 }, () => 1_000))
    expect(remote.peer.info()).toMatchObject({ addressesProcessed: 1, addressesRateLimited: 50_000 })
    const counts = remote.notifications.flatMap(({ message }) =>
      message.type === 'message' && message.message.type.startsWith('addr')
        ? [[(message.message as MessageOf<'addr'>).addresses.length, message.addressCount]]
        : [],
    )
    expect(counts).toEqual([[1, 1], ...Array.from({ length: 50 }, () => [0, 1_000])])
  })

  it('take a token each, also where they are of a kind that is left out', async () => {
    const remote = await ready({ kind: 'inbound' })
    const payload = new Uint8Array(1 + 30)
    payload.set([1])
    payload.set([0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43], 1 + 12)
    await remote.sayRaw('addr', payload)
    await remote.say({ type: 'addr', addresses: addresses(1) })
    expect(remote.peer.info()).toMatchObject({ addressesProcessed: 1, addressesRateLimited: 1 })
  })

  it('as all messages are handed on without what stood behind them', async () => {
    const remote = await ready()
    for (const message of [
      { type: 'inv', inventory: [{ type: 2, hash }] },
      { type: 'sendcmpct', announce: false, version: 2n },
    ] as const) {
      const long = new Uint8Array(1_500_000)
      long.set(encodePayload(message).payload)
      await remote.sayRaw(message.type, long)
    }
    const held = remote.notifications.flatMap(({ message }) =>
      message.type === 'message' ? [message.payload.buffer.byteLength] : [],
    )
    expect(held).toEqual([37, 9])
  })

  it('that are let through are copies: a message of 4 MB is not held by one of them', async () => {
    const remote = await ready({ kind: 'inbound' })
    const { payload } = encodePayload({ type: 'addr', addresses: addresses(1) })
    const large = new Uint8Array(4_000_000)
    large.set(payload)
    await remote.sayRaw('addr', large)
    const [message] = remote.handedOn() as MessageOf<'addr'>[]
    expect(message!.addresses[0]!.address.bytes.buffer.byteLength).toBe(4)
  })

  it('which ones are dropped is up to chance, the same for the same seed', async () => {
    const admitted = async (seed: number): Promise<string> => {
      const remote = await ready({ kind: 'inbound', seed })
      await remote.clock.advance(40_000)
      await remote.say({ type: 'addr', addresses: addresses(50) })
      const [message] = remote.handedOn()
      return JSON.stringify(
        message?.type === 'addr' && message.addresses.map(({ address }) => address.bytes[3]),
      )
    }
    expect(await admitted(1)).toBe(await admitted(1))
    expect(await admitted(1)).not.toBe(await admitted(2))
  })

  it('are given as addrv2 to who asked for that, and without onions to who did not', async () => {
    const onion: GossipedAddress = {
      time: 1,
      services: 9n,
      address: { network: 'torv3', bytes: new Uint8Array(32).fill(5), port: 1 },
    }
    const services: PeerServices = { addresses: () => [...addresses(1), onion] }
    const modern = new ScriptedRemote({ kind: 'inbound', components: { services } })
    await modern.settle()
    await modern.say(
      {
        type: 'version',
        version: 70_016,
        services: 0n,
        time: 0,
        receiver: none,
        sender: none,
        nonce: 3n,
        userAgent: '',
        startHeight: 0,
        relay: true,
      },
      { type: 'sendaddrv2' },
      { type: 'verack' },
    )
    modern.heard()
    await modern.say({ type: 'getaddr' })
    expect(modern.heard()).toMatchObject([
      { type: 'addrv2', addresses: [{}, { address: { network: 'torv3' } }] },
    ])
    const old = await ready({ kind: 'inbound', components: { services } })
    await old.say({ type: 'getaddr' })
    expect(old.heard()).toMatchObject([{ type: 'addr', addresses: [{ address: { network: 'ipv4' } }] }])
  })
})

const none = { services: 0n, ip: new Uint8Array(16), port: 0 }

describe('what comes once in a connection by its nature', () => {
  it.each(['verack', 'sendheaders', 'getaddr'])('and comes again and again, ends it: %s', async (command) => {
    const remote = await ready({ kind: 'inbound' })
    for (let n = 0; n <= 101 && remote.reason === undefined; n++) await remote.sayRaw(command)
    expect(remote.reason).toEqual({ code: 'flood', blame: 'discourage', command, limit: 100 })
  })

  it('can be set by type, and lifted', async () => {
    const free = await ready({ limits: { messages: { verack: false } } })
    for (let n = 0; n < 300; n++) await free.sayRaw('verack')
    expect(free.reason).toBeUndefined()
    const strict = await ready({ limits: { messages: { ping: { burst: 2, perSecond: 0 } } } })
    for (let n = 0; n < 3; n++) await strict.sayRaw('ping', new Uint8Array(8).fill(1))
    expect(strict.reason).toMatchObject({ code: 'flood', command: 'ping', limit: 2 })
  })
})
