import { encodePayload, type Message } from '@sapwood/wire-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { behaviourTable, type ConnectionKind, type PeerServices } from '../src/index.ts'
import { network, ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

const hash = new Uint8Array(32).fill(7)
const header = network.genesis

/** One valid message of many types; what is mutated starts from these. */
const samples: readonly Message[] = [
  versionMessage(),
  { type: 'verack' },
  { type: 'wtxidrelay' },
  { type: 'sendaddrv2' },
  { type: 'sendheaders' },
  { type: 'sendcmpct', announce: true, version: 2n },
  { type: 'feature', id: 'BIP999', data: hash },
  { type: 'sendtxrcncl', version: 1, salt: 5n },
  { type: 'ping', nonce: 1n },
  { type: 'pong', nonce: 1n },
  { type: 'pong', nonce: 0n },
  { type: 'feefilter', feeRate: 1_000n },
  { type: 'getaddr' },
  {
    type: 'addr',
    addresses: [
      { time: 1, services: 1n, address: { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 1 } },
    ],
  },
  {
    type: 'addrv2',
    addresses: [{ time: 1, services: 1n, address: { network: 'torv3', bytes: hash, port: 1 } }],
  },
  {
    type: 'inv',
    inventory: [
      { type: 1, hash },
      { type: 2, hash },
    ],
  },
  {
    type: 'getdata',
    inventory: [
      { type: 1, hash },
      { type: 0x40000002, hash },
      { type: 4, hash },
      { type: 9, hash },
    ],
  },
  { type: 'notfound', inventory: [{ type: 2, hash }] },
  { type: 'getblocks', version: 1, locator: [hash as never], stopHash: hash as never },
  { type: 'getheaders', version: 1, locator: [hash as never], stopHash: hash as never },
  { type: 'headers', headers: [header, header] },
  { type: 'block', block: { header, transactions: [] } },
  { type: 'mempool' },
  { type: 'filterclear' },
  { type: 'getblocktxn', blockHash: hash as never, indexes: Uint16Array.of(0, 3) },
  { type: 'blocktxn', blockHash: hash as never, transactions: [] },
  { type: 'getcfilters', filterType: 0, startHeight: 0, stopHash: hash as never },
  { type: 'cfilter', filterType: 0, blockHash: hash as never, filter: hash },
  { type: 'getcfheaders', filterType: 0, startHeight: 0, stopHash: hash as never },
  {
    type: 'cfheaders',
    filterType: 0,
    stopHash: hash as never,
    previousFilterHeader: hash,
    filterHashes: [hash],
  },
  { type: 'getcfcheckpt', filterType: 0, stopHash: hash as never },
  { type: 'cfcheckpt', filterType: 0, stopHash: hash as never, filterHeaders: [] },
  { type: 'unknown', command: 'future', payload: hash },
]

const services: PeerServices = {
  headers: () => [header],
  block: () => ({ header, transactions: [] }),
  addresses: () => [],
  mempool: () => [{ type: 5, hash }],
  compactFilters: () => ({ invalid: 'no such block' }),
}

const kinds: readonly ConnectionKind[] = [
  'outbound-full-relay',
  'block-relay-only',
  'feeler',
  'addr-fetch',
  'manual',
  'inbound',
  'private-broadcast',
]

const message = fc
  .record({
    sample: fc.constantFrom(...samples),
    mutations: fc.array(fc.record({ at: fc.nat(400), to: fc.nat(255) }), { maxLength: 4 }),
    cut: fc.option(fc.nat(200)),
    extra: fc.option(fc.uint8Array({ maxLength: 40 })),
    command: fc.option(fc.constantFrom(...Object.keys(behaviourTable), 'constructor', 'x'), { freq: 8 }),
  })
  .map(({ sample, mutations, cut, extra, command }) => {
    const encoded = encodePayload(sample)
    let payload = encoded.payload.slice()
    for (const { at, to } of mutations) if (payload.length > 0) payload[at % payload.length] = to
    if (cut !== null && mutations.length > 1) payload = payload.subarray(0, cut)
    if (extra !== null) payload = Uint8Array.from([...payload, ...extra])
    return { command: command ?? encoded.command, payload }
  })

const step = fc.oneof(
  { weight: 12, arbitrary: message.map((content) => ({ do: 'say', content }) as const) },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 1, max: 200_000 })
      .map((milliseconds) => ({ do: 'wait', milliseconds }) as const),
  },
  { weight: 2, arbitrary: fc.nat(9).map((request) => ({ do: 'ask', request }) as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('end', 'break', 'leave').map((how) => ({ do: 'end', how }) as const),
  },
)

/** Asks for one of everything; how it ends is not the remote's to make us crash by. */
function ask({ peer }: ScriptedRemote, request: number): Promise<unknown> {
  const stopHash = hash as never
  const requests: (() => Promise<unknown>)[] = [
    () => peer.ping(),
    () => peer.getHeaders({ locator: [stopHash] }),
    () => peer.getBlock(network.genesisHash),
    () => peer.getTransactions([{ kind: 'txid', hash: stopHash }]),
    () => peer.getAddresses(),
    () => peer.getMempool(),
    () => drain(peer.getCompactFilters({ startHeight: 0, stopHash })),
    () => peer.getCompactFilterHeaders({ startHeight: 0, stopHash }),
    () => peer.getCompactFilterCheckpoints({ stopHash }),
    () => peer.getBlockTransactions({ blockHash: stopHash, indexes: [0, 3] }),
  ]
  return requests[request]!()
}

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  const iterator = iterable[Symbol.asyncIterator]()
  for (let next = await iterator.next(); next.done !== true; ) next = await iterator.next()
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface Trace {
  readonly sent: readonly string[]
  readonly told: readonly string[]
  readonly reason: string
  readonly open: number
  readonly timers: number
}

async function play(
  kind: ConnectionKind,
  handshake: boolean,
  steps: readonly Step[],
  seed = 1,
): Promise<Trace> {
  const remote = new ScriptedRemote({
    kind,
    seed,
    components: { services },
    privateTransaction: { txid: hash, payload: hash },
  })
  const ends: Promise<unknown>[] = []
  if (handshake) await remote.shakeHands()
  for (const action of steps) {
    if (action.do === 'say') await remote.sayRaw(action.content.command, action.content.payload)
    else if (action.do === 'wait') await remote.clock.advance(action.milliseconds)
    else if (action.do === 'ask') {
      ends.push(ask(remote, action.request).catch(() => undefined))
    } else if (action.how === 'leave') void remote.peer.disconnect()
    else remote.transport.push(action.how === 'end' ? null : new Error('broken'))
    await remote.settle()
  }
  // Two hours of silence end everything that is still open: nothing hangs.
  await remote.clock.advance(7_200_000)
  await remote.peer.closed
  await Promise.all(ends)
  return {
    sent: remote.transport.sent.map(
      ({ command, payload }) => `${command} ${payload.length} ${payload.slice(-8).join()}`,
    ),
    told: remote.notifications.map(({ message: told }) =>
      told.type === 'message' ? told.message.type : told.type,
    ),
    reason: `${remote.reason!.code} ${remote.reason!.blame}`,
    open: remote.peer.info().requestsInFlight,
    timers: remote.clock.pendingTimers,
  }
}

describe('whatever a remote sends', () => {
  it('a peer never throws, never hangs, lets go of everything, and ends with a typed reason', async () => {
    const bad = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.boolean(),
        fc.array(step, { maxLength: 25 }),
        async (kind, handshake, steps) => {
          const { reason, open, timers, told } = await play(kind, handshake, steps)
          expect(open).toBe(0)
          expect(timers).toBe(0)
          expect(told.filter((type) => type === 'disconnected')).toHaveLength(1)
          expect(told.at(-1)).toBe('disconnected')
          // Of all reasons, this one would mean that a message broke our own code.
          expect(reason).not.toContain('owner-failed')
          bad.add(reason)
        },
      ),
      { numRuns: 400, seed: 20_261_123 },
    )
    // The runs are varied enough to end in many ways.
    expect(bad.size).toBeGreaterThan(8)
  })

  it('and does the same again for the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), fc.array(step, { maxLength: 20 }), async (kind, steps) => {
        expect(await play(kind, true, steps, 5)).toEqual(await play(kind, true, steps, 5))
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  it('memory stays bounded under an endless stream of every message', async () => {
    const remote = new ScriptedRemote({
      kind: 'inbound',
      limits: { messages: unlimited, work: false },
      components: { services },
    })
    await remote.shakeHands()
    const contents = samples
      .filter(
        ({ type }) =>
          behaviourTable[type].states.ready !== 'disconnect' &&
          !type.startsWith('getcf') &&
          type !== 'filterclear',
      )
      .map((each) => encodePayload(each))
    const round = async (): Promise<void> => {
      for (let n = 0; n < 200; n++) remote.transport.push(contents)
      await remote.settle()
      remote.transport.sent.length = 0
      remote.notifications.length = 0
    }
    await round()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 20; n++) await round()
    const grown = process.memoryUsage().heapUsed - before
    expect(remote.reason).toBeUndefined()
    expect(remote.peer.info()).toMatchObject({ requestsInFlight: 0, queuedBytes: 0 })
    // 100,000 messages: one kept for each would be tens of megabytes beyond what waits to be collected.
    expect(grown).toBeLessThan(150_000_000)
  })
})

const unlimited = Object.fromEntries(Object.keys(behaviourTable).map((type) => [type, false])) as Record<
  Message['type'],
  false
>
