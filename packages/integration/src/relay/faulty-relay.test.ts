import { type AddressInfo, connect, createServer } from 'node:net'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { startRegtestPeer } from '../regtest/regtest-peer.ts'
import { TestPeer } from '../test-peer/index.ts'
import { FaultyDirection } from './faulty-direction.ts'
import { FaultyRelay, type FaultyRelayOptions } from './faulty-relay.ts'
import type { LinkFaults } from './link-faults.ts'

async function through(
  options: FaultyRelayOptions,
  transport: 'v1' | 'v2',
  act: (peer: TestPeer, relay: FaultyRelay) => Promise<void>,
): Promise<void> {
  await using target = await startRegtestPeer()
  await using relay = await FaultyRelay.start(target.port, { seed: 'relay', ...options })
  await using peer = await TestPeer.dial(relay.port, { transport })
  await act(peer, relay)
}

describe('FaultyRelay', () => {
  it('lets through what nothing is wrong with, and what arrives a byte at a time', async () => {
    for (const transport of ['v1', 'v2'] as const) {
      await through({}, transport, (peer) => peer.expectAlive())
      await through({ faults: { toTarget: { slice: 1 }, toDialler: { slice: 7 } } }, transport, (peer) =>
        peer.expectAlive(),
      )
    }
  })

  it('drops, doubles and swaps messages of v1, and spoils one', async () => {
    const pings = async (peer: TestPeer): Promise<readonly number[]> => {
      for (const nonce of [1n, 2n, 3n]) await peer.send({ type: 'ping', nonce })
      await peer.send({ type: 'ping', nonce: 9n })
      await peer.expect('pong', ({ nonce }) => nonce === 9n)
      return peer.all('pong').map(({ nonce }) => Number(nonce))
    }
    const cases: readonly (readonly [LinkFaults, readonly number[]])[] = [
      [{ messages: { drop: { command: 'ping', nth: 2 } } }, [1, 3, 9]],
      [{ messages: { double: { command: 'ping', nth: 2 } } }, [1, 2, 2, 3, 9]],
      [{ messages: { swap: { command: 'ping', nth: 2 } } }, [1, 3, 2, 9]],
      // version, wtxidrelay, sendaddrv2, verack, and the second ping.
      [{ messages: {}, flipBitIn: 6 }, [1, 3, 9]],
    ]
    for (const [toTarget, expected] of cases) {
      await through({ faults: { toTarget } }, 'v1', async (peer) => {
        expect(await pings(peer)).toEqual(expected)
      })
    }
  })

  it('spoils a packet of v2, which ends the connection', async () => {
    await using target = await startRegtestPeer()
    await using relay = await FaultyRelay.start(target.port, { faults: { toTarget: { flipBitIn: 2 } } })
    await expect(TestPeer.dial(relay.port)).rejects.toThrow(/ended by the remote/)
  })

  it('ends, resets and stalls connections, after so many bytes or at once', async () => {
    await through({}, 'v2', async (peer, relay) => {
      relay.strike('reset')
      expect((await peer.expectClosed()).how).toBe('reset')
    })
    await through({}, 'v2', async (peer, relay) => {
      relay.strike('end')
      expect((await peer.expectClosed()).how).toBe('end')
    })
    for (const how of ['stall', 'half-open'] as const) {
      await through({}, 'v1', async (peer, relay) => {
        relay.strike(how)
        await expect(peer.fate({ timeout: 100 })).rejects.toThrow(/within 100 ms/)
        expect(relay.connections).toBe(1)
      })
    }
    await using target = await startRegtestPeer()
    for (const [toDialler, said, how] of [
      [{ resetAfter: 100 }, /ended by the remote \(reset\)/, 'reset'],
      [{ strikeAfter: { bytes: 100, how: 'reset' } }, /ended by the remote \(reset\)/, 'reset'],
      [{ endAfter: 100 }, /ended by the remote \(end\)/, 'end'],
      [{ stallAfter: 100 }, /nothing of it within/, 'stall'],
    ] as const) {
      await using relay = await FaultyRelay.start(target.port, { faults: { toDialler } })
      const peer = await TestPeer.dial(relay.port, { transport: 'v1', handshake: 'none' })
      await peer.sendVersion()
      await expect(
        peer.expect('verack', undefined, { timeout: how === 'stall' ? 300 : 20_000 }),
      ).rejects.toThrow(said)
      await peer.close()
    }
  })

  it('shows a reset behind the bytes that get through, and never an end', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).write(new Uint8Array(50_000)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await using relay = await FaultyRelay.start(port, { faults: { toDialler: { resetAfter: 30_000 } } })
    for (let time = 0; time < 5; time++) {
      const seen: string[] = []
      let read = 0
      const socket = connect(relay.port, '127.0.0.1')
      socket.on('data', ({ length }) => (read += length))
      socket.on('end', () => seen.push('end'))
      socket.on('error', ({ code }: NodeJS.ErrnoException) => seen.push(code ?? ''))
      await new Promise((resolve) => socket.once('close', resolve))
      expect(seen).toEqual(['ECONNRESET'])
      expect(read).toBe(30_000)
    }
    server.close()
  })

  it('ends one side and lets the other speak on', async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        heard.push(bytes.toString())
        socket.write('hello')
      })
    })
    const heard: string[] = []
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    const { port } = echo.address() as AddressInfo
    await using relay = await FaultyRelay.start(port, {
      faults: { toDialler: { strikeAfter: { bytes: 0, how: 'end-to-dialler' } } },
    })
    const got: string[] = []
    const socket = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('data', (bytes) => got.push(bytes.toString()))
    await new Promise((resolve) => socket.once('end', resolve))
    socket.write('still here')
    await expect.poll(() => heard.join('')).toBe('still here')
    expect(got).toEqual([])
    socket.end()
    await relay.stop()
    echo.close()
  })

  it('lets a side speak on after the bytes of its own that end the other, and tells its end', async () => {
    const heard: string[] = []
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => heard.push(bytes.toString()))
      socket.on('end', () => heard.push('(end)'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await using relay = await FaultyRelay.start(port, {
      faults: { toTarget: { strikeAfter: { bytes: 5, how: 'end-to-dialler' } } },
    })
    const socket = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true })
    const ended = new Promise((resolve) => socket.once('end', resolve))
    socket.resume()
    socket.write('knock, knock')
    await ended
    socket.end(', and good-bye')
    await expect.poll(() => heard.join('')).toBe('knock, knock, and good-bye(end)')
    await relay.stop()
    server.close()
  })

  it('has its own for the next connections, and counts no connection that one side has left in silence', async () => {
    await using target = await startRegtestPeer()
    await using relay = await FaultyRelay.start(target.port)
    relay.next.push({ toDialler: { strikeAfter: { bytes: 0, how: 'end' } } })
    await expect(TestPeer.dial(relay.port, { transport: 'v1' })).rejects.toThrow(/ended by the remote/)
    const peer = await TestPeer.dial(relay.port, { transport: 'v1' })
    await expect.poll(() => relay.connections).toBe(1)
    relay.strike('stall')
    await peer.close()
    await expect.poll(() => relay.connections).toBe(0)
  })

  it('reads on when what it held has gone, in however small portions', async () => {
    const total = 3_000_000
    const server = createServer((socket) => socket.on('error', () => undefined).write(new Uint8Array(total)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await using relay = await FaultyRelay.start(port, {
      faults: { toDialler: { latency: 20, slice: 1_000 } },
    })
    const socket = connect(relay.port, '127.0.0.1')
    let read = 0
    await new Promise<void>((resolve) => {
      socket.on('data', ({ length }) => {
        read += length
        if (read === total) resolve()
      })
    })
    socket.destroy()
    server.close()
  })

  it('says that its port is taken', async () => {
    await using target = await startRegtestPeer()
    await using first = await FaultyRelay.start(target.port)
    await expect(FaultyRelay.start(target.port, { port: first.port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(String(first.port)) as string,
    })
  })

  it('is a node of v1 alone', async () => {
    await using target = await startRegtestPeer()
    await using relay = await FaultyRelay.start(target.port, { faults: { v1First: true } })
    await expect(TestPeer.dial(relay.port, { transport: 'v2' })).rejects.toThrow(/ended by the remote/)
    await using peer = await TestPeer.dial(relay.port, { transport: 'v1' })
    await peer.expectAlive()
    expect(relay.taken).toBe(2)
  })

  it('takes its time by the clock that it is given: latency, jitter and bandwidth, in order', async () => {
    const clock = createVirtualClock()
    const arrived: (readonly [number, number])[] = []
    const start = clock.now()
    const direction = new FaultyDirection(
      { latency: 100, jitter: 50, bandwidth: 10, slice: 100 },
      regtest.magic,
      clock,
      createSeededRandom('direction'),
      {
        write: (bytes) => arrived.push([bytes[0]!, clock.now() - start]),
        end: () => arrived.push([-1, clock.now() - start]),
        strike: () => undefined,
        survives: () => false,
      },
    )
    for (const value of [1, 2, 3]) direction.receive(new Uint8Array(200).fill(value))
    direction.end()
    expect(direction.held).toBe(600)
    await clock.advance(99)
    expect(arrived).toEqual([])
    await clock.advance(400)
    expect(arrived.map(([value]) => value)).toEqual([1, 1, 2, 2, 3, 3, -1])
    const times = arrived.map(([, time]) => time)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    // 600 bytes at 10 a millisecond, behind a latency of 100 to 150.
    expect(times[5]).toBeGreaterThanOrEqual(160)
    expect(times[5]).toBeLessThanOrEqual(300)
    expect(direction.held).toBe(0)
  })

  it('keeps the order of what is under way, whichever timer of the clock is first', () => {
    const timers: (() => void)[] = []
    const clock: Clock = {
      ...createVirtualClock(),
      setTimer: (_, act) => {
        timers.push(act)
        return () => void timers.splice(timers.indexOf(act), 1)
      },
    }
    const arrived: number[] = []
    const direction = new FaultyDirection(
      { latency: 100, jitter: 50 },
      regtest.magic,
      clock,
      createSeededRandom('order'),
      {
        write: ([value]) => arrived.push(value!),
        end: () => undefined,
        strike: () => undefined,
        survives: () => false,
      },
    )
    for (const value of [1, 2, 3, 4]) direction.receive(Uint8Array.of(value))
    while (timers.length > 0) timers.pop()!()
    expect(arrived).toEqual([1, 2, 3, 4])
  })
})
