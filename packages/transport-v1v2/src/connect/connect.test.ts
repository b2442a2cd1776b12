import { bytesToHex, type NetworkAddress, regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { accept } from './accept.ts'
import { createTcpDialer, listenTcp } from '../tcp/index.ts'
import { createSeededRandom, createVirtualClock } from '../testing/index.ts'
import type { Random } from '../environment/index.ts'
import type { Dialer } from '../stream/dialer.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { streamPair } from '../stream/stream-pair.ts'
import { connect } from './connect.ts'
import type { Transport } from '../transport/transport.ts'
import { eagerFallback, neverFallback, onlyV1 } from './fallback.ts'

const address: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18_444 }

/** A dialer whose remote ends go to `answer`, one for each dial. */
function dialerTo(answer: (stream: ByteStream, attempt: number) => void): Dialer {
  let attempts = 0
  return {
    dial: (_address, { signal }) => {
      signal.throwIfAborted()
      const [near, far] = streamPair()
      answer(far, attempts++)
      return Promise.resolve(near)
    },
  }
}

async function exchange(near: Transport, far: Transport): Promise<void> {
  near.writer.send({ command: 'ping', payload: Uint8Array.of(1, 2, 3) })
  near.writer.send({ command: 'version', payload: new Uint8Array(100) })
  far.writer.send({ command: 'block', payload: new Uint8Array(300_000).fill(7) })
  const received = []
  while (received.length < 2) received.push(...((await far.reader.read()) ?? []))
  expect(received).toEqual([
    { command: 'ping', payload: Uint8Array.of(1, 2, 3) },
    { command: 'version', payload: new Uint8Array(100) },
  ])
  const [block] = (await near.reader.read()) ?? []
  expect(block?.command).toBe('block')
  expect(block?.payload).toHaveLength(300_000)
}

describe('connect and accept', () => {
  it.each([
    ['v2', neverFallback],
    ['v1', onlyV1],
  ] as const)('agree on %s in memory', async (protocol, fallback) => {
    let accepted: Promise<Transport> | undefined
    const dialer = dialerTo((stream) => {
      accepted = accept(stream, { network: regtest }, { random: createSeededRandom(2) })
    })
    const connecting = connect(
      address,
      { dialer, network: regtest, fallback },
      { random: createSeededRandom(1) },
    )
    const near = await connecting
    near.writer.send({ command: 'version', payload: new Uint8Array(0) })
    const far = await accepted!
    expect(await far.reader.read()).toEqual([{ command: 'version', payload: new Uint8Array(0) }])
    expect([near.protocol, far.protocol]).toEqual([protocol, protocol])
    if (protocol === 'v2') expect(bytesToHex(near.sessionId!)).toBe(bytesToHex(far.sessionId!))
    else expect(near.sessionId).toBeUndefined()
    await exchange(near, far)
    expect(near.attempts).toHaveLength(1)
    await near.writer.close()
    expect(await far.reader.read()).toBeNull()
    await far.writer.close()
    expect(await near.reader.read()).toBeNull()
    expect(near.stats().bytesSent).toBe(far.stats().bytesReceived)
    expect(far.stats().bytesSent).toBe(near.stats().bytesReceived)
  })

  it.each([
    [0xff, 4_094],
    [0x00, 0],
  ])(
    'send at most 4,094 bytes of garbage: behind 4,095 btcd finds no terminator (random bytes %i)',
    async (byte, garbage) => {
      let sent = 0
      const dialer = dialerTo((far) => {
        void (async () => {
          for (let chunk = await far.read(); chunk !== null; chunk = await far.read()) sent += chunk.length
        })().catch(() => undefined)
      })
      const clock = createVirtualClock()
      const seeded = createSeededRandom(3)
      // The length of the garbage is drawn from two bytes.
      const random: Random = {
        bytes: (length) => (length === 2 ? new Uint8Array(2).fill(byte) : seeded.bytes(length)),
      }
      const outcome = connect(
        address,
        { dialer, network: regtest, fallback: neverFallback },
        { clock, random },
      )
      const refused = expect(outcome).rejects.toThrow()
      await clock.advance(1_000)
      expect(sent).toBe(64 + garbage)
      await clock.advance(60_000)
      await refused
    },
  )

  it('agree on v2 over TCP', async () => {
    const streams: ByteStream[] = []
    await using listener = await listenTcp({}, (stream) => streams.push(stream))
    const connecting = connect(
      { ...address, port: listener.port },
      { dialer: createTcpDialer(), network: regtest },
    )
    while (streams.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const far = await accept(streams[0]!, { network: regtest })
    const near = await connecting
    await exchange(near, far)
    near.abort(new Error('done'))
    await expect(far.reader.read()).rejects.toMatchObject({ code: 'stream-failed' })
  })

  it('falls back to v1 when the remote closes without a byte', async () => {
    const accepted: Promise<Transport>[] = []
    const dialer = dialerTo((stream, attempt) => {
      if (attempt === 0) void stream.read().then(() => stream.close())
      else accepted.push(accept(stream, { network: regtest }))
    })
    const near = await connect(address, { dialer, network: regtest })
    near.writer.send({ command: 'version', payload: new Uint8Array(0) })
    expect((await accepted[0])?.protocol).toBe('v1')
    expect(near.protocol).toBe('v1')
    expect(near.attempts).toMatchObject([
      { protocol: 'v2', phase: 'key', bytesReceived: 0, error: { code: 'unexpected-end' } },
      { protocol: 'v1', phase: 'application' },
    ])
  })

  it('redials at once when the remote speaks v1 first, if the policy is eager', async () => {
    const clock = createVirtualClock()
    const dialer = dialerTo((stream) => {
      void stream.write(Uint8Array.from([...regtest.magic, ...new TextEncoder().encode('version\0\0\0\0\0')]))
    })
    const near = await connect(address, { dialer, network: regtest, fallback: eagerFallback }, { clock })
    expect(near.protocol).toBe('v1')
    expect(near.attempts[0]?.error?.code).toBe('v1-peer')
    await expect(connect(address, { dialer, network: regtest }, { clock })).rejects.toMatchObject({
      code: 'v1-peer',
      attempts: [{ protocol: 'v2' }],
    })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('what a program gave and that fails', () => {
  it('as its shaping does ends the connection, which nobody would know to be mute', async () => {
    let accepted: Promise<Transport> | undefined
    const dialer = dialerTo((stream) => {
      accepted = accept(stream, { network: regtest }, { random: createSeededRandom(2) })
    })
    let planned = 0
    const shaping = {
      plan: () => {
        if (planned++ === 0) return undefined
        throw new Error('the program’s own')
      },
    }
    const near = await connect(
      address,
      { dialer, network: regtest, fallback: neverFallback, shaping },
      { random: createSeededRandom(1) },
    )
    const far = await accepted!
    near.writer.send({ command: 'ping', payload: new Uint8Array(8) })
    const failure = expect.objectContaining({ code: 'stream-failed', message: 'the program’s own' }) as Error
    expect(() => near.writer.send({ command: 'ping', payload: new Uint8Array(8) })).toThrow(failure)
    await expect(near.reader.read()).rejects.toEqual(failure)
    await expect(
      (async () => {
        while ((await far.reader.read()) !== null);
      })(),
    ).rejects.toMatchObject({ code: 'stream-failed' })
  })

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('the program’s own'))],
    [
      'throws',
      () => {
        throw new TypeError('the program’s own')
      },
    ],
    ['gives what is no promise', () => 7],
  ])('as a stream whose read %s is a typed error to whoever accepts it', async (_, read) => {
    const [near] = streamPair()
    const stream = {
      ...near,
      read: read as never,
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
      abort: () => undefined,
    }
    await expect(accept(stream, { network: regtest })).rejects.toMatchObject({
      name: 'TransportError',
      code: 'stream-failed',
    })
  })
})
