import { concatBytes, hashToHex, regtest } from '@sapwood/wire-codec'
import { createPeer } from '@sapwood/peer'
import { connect, onlyV1, streamPair } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { describe, expect, it, vi } from 'vitest'
import { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import { startRegtestPeer } from '../regtest/regtest-peer.ts'
import { listPayload, reply, TestPeer, WireAssertionError } from './index.ts'
import { V1Framing } from './v1-framing.ts'

const ENTRY = new Uint8Array(36)

async function failureOf(work: Promise<unknown>): Promise<WireAssertionError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(WireAssertionError)
  return error as WireAssertionError
}

describe('TestPeer, against a real bitcoind', () => {
  it('speaks both transports, and learns by fences alone what does not come', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    for (const transport of ['v1', 'v2'] as const) {
      await using peer = await TestPeer.dial(bitcoind.p2pAddress, {
        transport,
        ...(transport === 'v2' && { garbage: new Uint8Array(4_095), decoys: [0, 70] }),
        between: [{ type: 'sendheaders' }],
      })
      expect(peer.version?.userAgent).toMatch(/Satoshi/)
      await peer.expectAlive()
      await peer.expectNothing('block')
      const [mined] = await bitcoind.mine(1)
      await peer.expect('inv', ({ inventory }) => hashToHex(inventory[0]!.hash) === mined)
      // It came before it is expected, behind another that is expected first.
      await peer.send({ type: 'getheaders', version: 70_016, locator: [], stopHash: regtest.genesisHash })
      await peer.sync()
      expect(peer.count('headers')).toBe(1)
      await peer.expect('feefilter')
      await peer.expect('headers', ({ headers }) => headers.length === 1)
      const failure = await failureOf(peer.expectNothing('sendcmpct'))
      expect(failure.message).toMatch(/expected no 'sendcmpct'[\s\S]*<- sendcmpct[\s\S]*-> ping/)
      expect(failure.message).toContain(`seed ${failure.seed}`)
    }
  })

  it('misbehaves, and sees who ended the connection after what', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const send = [
      (peer: TestPeer) => peer.sendRaw('inv', listPayload(50_001, ENTRY)),
      (peer: TestPeer) => peer.sendRaw('ping', new Uint8Array(8), { magic: Uint8Array.of(1, 2, 3, 4) }),
      (peer: TestPeer) => peer.sendRaw('ping', new Uint8Array(8), { length: 4_000_001 }),
    ]
    for (const misbehave of send) {
      await using peer = await TestPeer.dial(bitcoind.p2pAddress, { transport: 'v1' })
      await misbehave(peer)
      const end = await peer.expectClosed({ by: 'remote' })
      expect(end.after?.type).toMatch(/inv|ping/)
    }
    await using forger = await TestPeer.dial(bitcoind.p2pAddress)
    await forger.sendRaw('ping', new Uint8Array(8), { forged: true })
    await forger.expectClosed({ by: 'remote' })
    await using careless = await TestPeer.dial(bitcoind.p2pAddress, { transport: 'v1' })
    await careless.sendRaw('ping', new Uint8Array(8), { checksum: 0 })
    await careless.expectAlive()
    const failure = await failureOf(careless.expectClosed({ timeout: 50 }))
    expect(failure.expected).toBe('the connection to be ended by the remote')
    expect(failure.received).toBe('nothing of it within 50 ms')
    expect(failure.wireLog).toMatch(/ping {9}8 bytes \(wrong: checksum\)/)
  })

  it('shakes hands a step at a time, and out of order', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await using peer = await TestPeer.dial(bitcoind.p2pAddress, { handshake: 'transport' })
    await peer.send({ type: 'ping', nonce: 1n }, { type: 'verack' })
    await peer.sendVersion({ userAgent: '/late:1/' })
    await peer.expect('version')
    await peer.send({ type: 'verack' })
    await peer.expect('verack')
    await peer.expectNothing('pong', ({ nonce }) => nonce === 1n)
    const infos = await bitcoind.rpc<{ subver: string }[]>('getpeerinfo')
    expect(infos.map(({ subver }) => subver)).toEqual(['/late:1/'])
  })
})

describe('TestPeer, for software that dials', () => {
  it('takes what dials in v1 and in v2, and answers from a chain', async () => {
    const chain = new RegtestChain({ blocks: 3 })
    await using listener = await TestPeer.listen({ version: { startHeight: 3 } })
    for (const fallback of [undefined, onlyV1]) {
      const dialled = connect(
        { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: listener.port },
        { dialer: createTcpDialer(), network: regtest, ...(fallback !== undefined && { fallback }) },
      ).then((connection) => createPeer(connection, { network: regtest, kind: 'manual' }))
      await using peer = await listener.next()
      expect(peer.transport).toBe(fallback === undefined ? 'v2' : 'v1')
      peer.on('getheaders', reply.headers(chain)).on('getdata', reply.blocks(chain))
      await using software = await dialled
      await software.handshake
      expect(await software.getHeaders({ locator: [regtest.genesisHash] })).toHaveLength(3)
      const { block } = await software.getBlock(chain.tip)
      expect(block.header).toEqual(chain.at(3)!.block.header)
      await peer.expect('getheaders')
    }
  })

  it('is a node of v1 alone where it is told to be one', async () => {
    await using listener = await TestPeer.listen({ transport: 'v1' })
    const dialled = connect(
      { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: listener.port },
      { dialer: createTcpDialer(), network: regtest },
    ).then((connection) => createPeer(connection, { network: regtest, kind: 'manual' }))
    await using peer = await listener.next()
    expect(peer.transport).toBe('v1')
    expect(listener.dialled).toBe(2)
    await (await dialled)[Symbol.asyncDispose]()
  })
})

describe('a listener', () => {
  it('gives each of those who wait at once a connection of its own, in turn', async () => {
    await using listener = await TestPeer.listen({ handshake: 'none', transport: 'auto' })
    const waiting = [listener.next(), listener.next(), listener.next()]
    for (let n = 0; n < 3; n++)
      await TestPeer.dial(listener.port, { transport: 'v1', handshake: 'none' }).then((p) => p.sendVersion())
    const peers = await Promise.all(waiting)
    expect(new Set(peers).size).toBe(3)
  })

  it('waits no longer than it was told, whoever comes again and again in the wrong transport', async () => {
    await using listener = await TestPeer.listen({ transport: 'v1', dialTimeout: 300 })
    const next = failureOf(listener.next())
    let over = false
    void next.then(() => (over = true))
    while (!over) {
      await using peer = await TestPeer.dial(listener.port, { handshake: 'none', timeout: 60_000 })
      await peer.sendBytes(peer.v2.key)
      await Promise.race([peer.expectClosed().catch(() => undefined), next])
    }
    expect((await next).received).toMatch(/^none within 300 ms, but \d+ in v2$/)
  })

  it('lets go who waits when it forgets and when it closes, and loses nothing that comes later', async () => {
    const listener = await TestPeer.listen({ handshake: 'transport' })
    const givenUp = failureOf(listener.next())
    listener.forget()
    expect((await givenUp).received).toBe('none before it was given up')
    const late = failureOf(listener.next({ dialTimeout: 1 }))
    expect((await late).received).toBe('none within 1 ms')
    const next = listener.next()
    await using dialled = await TestPeer.dial(listener.port, { handshake: 'transport' })
    expect((await next).transport).toBe(dialled.transport)
    const last = failureOf(listener.next())
    await listener.close()
    expect((await last).expected).toMatch(/^a connection to 127/)
  })
})

describe('TestPeer', () => {
  it('fails what is expected next where a handler fails, and where something was not handled', async () => {
    await using embedded = await startRegtestPeer()
    const peer = await TestPeer.dial(embedded.port, { unhandled: 'error', timeout: 100 })
    peer.on('pong', () => {
      throw new Error('no pong is wanted')
    })
    expect((await failureOf(peer.expect('block'))).received).toMatch(/nothing of it|no pong/)
    await peer.send({ type: 'ping', nonce: 5n })
    const failure = await failureOf(peer.expect('block', undefined, { timeout: 60_000 }))
    expect(failure.received).toBe("a handler of 'pong' failed: no pong is wanted")
    expect((await failureOf(peer.close())).received).toMatch(/^unhandled: /)
  })

  it.each(['ignore', 'warn', 'error'] as const)(
    'tells once of what it left unhandled: %s',
    async (unhandled) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      try {
        await using embedded = await startRegtestPeer()
        const peer = await TestPeer.dial(embedded.port, { unhandled })
        await peer.sync()
        const closed = await peer.close().catch((error: unknown) => error)
        const told = warn.mock.calls.flat().join()
        expect(told).toMatch(unhandled === 'warn' ? /^test peer: unhandled: .*sendcmpct/ : /^$/)
        expect(closed instanceof WireAssertionError).toBe(unhandled === 'error')
        await peer.close()
        expect(warn).toHaveBeenCalledTimes(unhandled === 'warn' ? 1 : 0)
      } finally {
        warn.mockRestore()
      }
    },
  )

  it('tells of it by its listener too, where nobody has closed it', async () => {
    const listener = await TestPeer.listen({ unhandled: 'error' })
    const [left, dialled] = await Promise.all([listener.next(), TestPeer.dial(listener.port)])
    await dialled.send({ type: 'getaddr' })
    await dialled.sync()
    expect((await failureOf(listener.close())).received).toMatch(/^unhandled: .*getaddr/)
    await left.close()
    await listener.close()
    await dialled.close()
  })

  it('asks for the end that is to come, by whom and how', async () => {
    await using listener = await TestPeer.listen()
    const pair = async () => await Promise.all([listener.next(), TestPeer.dial(listener.port)])
    const [ending, ended] = await pair()
    await ending.end()
    expect((await failureOf(ended.expectClosed({ how: 'reset' }))).message).toMatch(
      /expected the connection to be ended by the remote \(reset\)\nreceived an end by the remote \(end\)/,
    )
    expect((await failureOf(ended.expectClosed({ by: 'us' }))).received).toBe('an end by the remote (end)')
    const [resetting, reset] = await pair()
    await reset.send({ type: 'getaddr' })
    await resetting.expect('getaddr')
    await resetting.reset()
    expect(await reset.expectClosed({ how: 'reset' })).toMatchObject({ by: 'remote', how: 'reset' })
    expect(reset.closed?.after?.type).toBe('getaddr')
    expect(await resetting.expectClosed({ by: 'us' })).toMatchObject({ by: 'us', how: 'reset' })
  })

  it('gives out a ping that came early too, which it has answered by itself', async () => {
    await using listener = await TestPeer.listen()
    const [remote, peer] = await Promise.all([
      listener.next(),
      TestPeer.dial(listener.port, { unhandled: 'error' }),
    ])
    await remote.send({ type: 'ping', nonce: 9n })
    await remote.expect('pong', ({ nonce }) => nonce === 9n)
    let handled = 0
    peer.on('ping', () => void (handled += 1))
    expect(await peer.expect('ping', ({ nonce }) => nonce === 9n)).toMatchObject({ nonce: 9n })
    expect(handled).toBe(0)
  })

  it('is the same for the same seed', async () => {
    await using embedded = await startRegtestPeer()
    const keyOf = async (seed: string): Promise<Uint8Array> => {
      await using peer = await TestPeer.dial(embedded.port, { seed })
      return peer.v2.key
    }
    expect(await keyOf('a')).toEqual(await keyOf('a'))
    expect(await keyOf('a')).not.toEqual(await keyOf('b'))
  })

  it('says that nobody listens', async () => {
    expect((await failureOf(TestPeer.dial(1))).message).toMatch(
      /expected a connection to 127\.0\.0\.1:1\nreceived .*ECONNREFUSED/,
    )
  })
})

describe('TestPeer, against a flood', () => {
  /** Two peers of one connection, without a handshake; the other sends what it is told. */
  async function pair(): Promise<readonly [peer: TestPeer, other: TestPeer]> {
    const [ours, theirs] = streamPair()
    const how = { transport: 'v1', handshake: 'none', timeout: 60_000 } as const
    return [
      await TestPeer.over(ours, { role: 'initiator', ...how }),
      await TestPeer.over(theirs, { role: 'initiator', ...how }),
    ]
  }

  it('looks at each message once, however many come before the one that is expected', async () => {
    const [peer, other] = await pair()
    let asked = 0
    const expected = peer.expect('ping', ({ nonce }) => {
      asked += 1
      return nonce === 999n
    })
    for (let nonce = 0n; nonce < 1_000n; nonce++) await other.send({ type: 'ping', nonce })
    await expected
    expect(asked).toBe(1_000)
    // Those that were passed over are still there, in order.
    expect((await peer.expect('ping')).nonce).toBe(0n)
    expect((await peer.expect('ping')).nonce).toBe(1n)
    await other.close()
  })

  it('ends it where no log can hold it, and takes that for no end by the remote', async () => {
    const [peer, other] = await pair()
    const one = new V1Framing(regtest.magic).frame('inv', Uint8Array.of(0))
    const many = concatBytes(...Array.from({ length: 10_000 }, () => one))
    const closed = failureOf(peer.expectClosed())
    for (let sent = 0; sent <= 200_000 && peer.closed === undefined; sent += 10_000)
      await other.sendBytes(many)
    expect((await closed).received).toContain('more came than the log of a connection can hold')
    expect(peer.closed).toMatchObject({ by: 'us' })
    await other.close()
  })
})
