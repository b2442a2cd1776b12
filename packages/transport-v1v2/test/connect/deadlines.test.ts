import { type NetworkAddress, regtest, testnet4 } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import {
  accept,
  type ByteStream,
  connect,
  type ConnectOptions,
  coreFallback,
  type Dialer,
  eagerFallback,
  neverFallback,
  onlyV1,
  SERVICE_P2P_V2,
  streamPair,
  TransportError,
} from '../../src/index.ts'
import { createSeededRandom, createVirtualClock } from '../../src/testing/index.ts'

const address: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 1 }
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const v1Start = (magic: Uint8Array): Uint8Array => Uint8Array.from([...magic, ...ascii('version\0\0\0\0\0')])

interface Dialled {
  readonly far: ByteStream
  readonly isolation: string | undefined
}

function setUp(onDial: (dialled: Dialled, attempt: number) => void = () => undefined) {
  const dialled: Dialled[] = []
  const dialer: Dialer = {
    dial: (_, { isolation }) => {
      const [near, far] = streamPair()
      dialled.push({ far, isolation })
      onDial(dialled.at(-1)!, dialled.length - 1)
      return Promise.resolve(near)
    },
  }
  const clock = createVirtualClock()
  const random = createSeededRandom(7)
  const start = (options: Partial<ConnectOptions> = {}) => {
    const connecting = connect(address, { dialer, network: regtest, ...options }, { clock, random })
    const settled = connecting.then(
      (connection) => ({ connection, error: undefined }),
      (error: unknown) => ({ connection: undefined, error }),
    )
    return settled
  }
  return { dialled, dialer, clock, start }
}

describe('connect', () => {
  it('gives a dialer that never answers one attempt, and lets nothing of it linger', async () => {
    const clock = createVirtualClock()
    const signals: AbortSignal[] = []
    const dialer: Dialer = {
      dial: (_, { signal }) => {
        signals.push(signal)
        return new Promise<never>(() => undefined)
      },
    }
    const connecting = connect(address, { dialer, network: regtest, fallback: eagerFallback }, { clock })
    const failure = expect(connecting).rejects.toMatchObject({
      code: 'timeout',
      phase: 'dial',
      limit: 30_000,
      attempts: [{ protocol: 'v2', phase: 'dial', milliseconds: 30_000 }],
    })
    await clock.advance(30_000)
    await failure
    expect(signals[0]?.aborted).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('aborts a stream that a dialer gives after the deadline', async () => {
    const clock = createVirtualClock()
    const [near, far] = streamPair()
    let give: (stream: ByteStream) => void = () => undefined
    const dialer: Dialer = {
      dial: () =>
        new Promise((resolve) => {
          give = resolve
        }),
    }
    const connecting = connect(address, { dialer, network: regtest, fallback: neverFallback }, { clock })
    const failure = expect(connecting).rejects.toMatchObject({ code: 'timeout' })
    await clock.advance(30_000)
    await failure
    give(near)
    await expect(far.read()).rejects.toMatchObject({ code: 'stream-failed' })
  })

  it('ends a silent remote at the deadline of the attempt, and tries v1 on a new stream', async () => {
    const { clock, dialled, start } = setUp()
    const outcome = start({ fallback: coreFallback })
    await clock.advance(29_999)
    expect(dialled).toHaveLength(1)
    await clock.advance(1)
    const { connection } = await outcome
    expect(connection?.protocol).toBe('v1')
    expect(connection?.attempts).toMatchObject([
      { protocol: 'v2', phase: 'key', bytesReceived: 0, milliseconds: 30_000, error: { code: 'timeout' } },
      { protocol: 'v1' },
    ])
    expect(dialled[0]!.isolation).toMatch(/^[0-9a-f]{32}$/)
    expect(dialled[1]!.isolation).toBe(dialled[0]!.isolation)
    expect(clock.pendingTimers).toBe(0)
  })

  it('isolates connections from each other', async () => {
    const { clock, dialled, start } = setUp()
    await Promise.all([start({ fallback: onlyV1 }), start({ fallback: onlyV1 }), clock.advance(0)])
    expect(dialled[0]!.isolation).not.toBe(dialled[1]!.isolation)
  })

  it.each(['key', 'garbage', 'version'])(
    'ends a remote that stops in the phase %s, and an eager policy tries v1',
    async (phase) => {
      const { clock, start } = setUp(({ far }) => {
        if (phase === 'version') void stallInVersion(far).catch(() => undefined)
        else void far.write(new Uint8Array(phase === 'key' ? 63 : 500).fill(1))
      })
      const outcome = start({ fallback: eagerFallback, timeouts: { attempt: 10_000, total: 15_000 } })
      await clock.advance(9_999)
      await clock.advance(1)
      const { connection } = await outcome
      expect(connection?.attempts[0]).toMatchObject({ phase, error: { code: 'timeout', limit: 10_000 } })
      expect(connection?.protocol).toBe('v1')
    },
  )

  it('ends at the deadline of the whole, also in the second attempt', async () => {
    const clock = createVirtualClock()
    let dials = 0
    const dialer: Dialer = {
      dial: () => {
        dials += 1
        if (dials > 1) return new Promise<never>(() => undefined)
        const [near] = streamPair()
        return Promise.resolve(near)
      },
    }
    const connecting = connect(
      address,
      { dialer, network: regtest, timeouts: { attempt: 40_000, total: 50_000 } },
      { clock },
    )
    const failure = expect(connecting).rejects.toMatchObject({
      code: 'timeout',
      limit: 50_000,
      attempts: [
        { protocol: 'v2', milliseconds: 40_000 },
        { protocol: 'v1', milliseconds: 10_000 },
      ],
    })
    await clock.advance(50_000)
    await failure
    expect(dials).toBe(2)
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends a slow-loris: a byte a second does not move the deadline', async () => {
    const { clock, dialled, start } = setUp()
    const outcome = start({ fallback: neverFallback })
    for (let second = 0; second < 29; second++) {
      await clock.advance(1_000)
      await dialled[0]!.far.write(Uint8Array.of(second))
    }
    await clock.advance(1_000)
    const { error } = await outcome
    expect(error).toMatchObject({ code: 'timeout', phase: 'key', attempts: [{ bytesReceived: 29 }] })
    await expect(dialled[0]!.far.read().then(() => dialled[0]!.far.read())).rejects.toMatchObject({
      code: 'stream-failed',
    })
  })

  it('rejects with the reason of its signal, in any phase, and asks no policy', async () => {
    for (const wait of [0, 100]) {
      const controller = new AbortController()
      const { clock, dialled, start } = setUp()
      const outcome = start({ signal: controller.signal })
      await clock.advance(wait)
      const reason = new Error('not wanted')
      controller.abort(reason)
      expect((await outcome).error).toBe(reason)
      expect(dialled.length).toBeLessThanOrEqual(1)
      expect(clock.pendingTimers).toBe(0)
    }
    const { start, dialled } = setUp()
    expect((await start({ signal: AbortSignal.abort(new Error('before')) })).error).toMatchObject({
      message: 'before',
    })
    expect(dialled).toHaveLength(0)
  })

  it('begins with v1 where the services say that there is no v2, and nowhere else', async () => {
    const first = async (options: Partial<ConnectOptions>): Promise<string | undefined> => {
      const { clock, start } = setUp()
      const outcome = start({ ...options, timeouts: { attempt: 10, total: 10 } })
      await clock.advance(10)
      const { connection, error } = await outcome
      return (
        connection?.attempts[0]?.protocol ??
        (error as { attempts: { protocol: string }[] }).attempts[0]?.protocol
      )
    }
    expect(await first({ services: 1n })).toBe('v1')
    expect(await first({ services: 1n | SERVICE_P2P_V2 })).toBe('v2')
    expect(await first({})).toBe('v2')
    expect(await first({ services: 1n, fallback: neverFallback })).toBe('v2')
  })

  it('does not fall back, by the rule of Core, once a byte was received', async () => {
    const { clock, start } = setUp(({ far }) => {
      void far.write(Uint8Array.of(1)).then(() => far.close())
    })
    const outcome = start({ fallback: coreFallback })
    await clock.advance(0)
    expect((await outcome).error).toMatchObject({ code: 'unexpected-end', attempts: [{ bytesReceived: 1 }] })
  })

  it('does not fall back when the address could not be reached', async () => {
    const refusal = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const dialer: Dialer = { dial: () => Promise.reject(refusal) }
    await expect(
      connect(address, { dialer, network: regtest, fallback: eagerFallback }),
    ).rejects.toMatchObject({
      code: 'dial-failed',
      cause: refusal,
      attempts: [{ phase: 'dial' }],
    })
  })

  it('knows a v1 remote of another network', async () => {
    const { clock, start } = setUp(({ far }) => void far.write(v1Start(testnet4.magic)))
    const outcome = start({ fallback: eagerFallback })
    await clock.advance(0)
    expect((await outcome).error).toMatchObject({
      code: 'wrong-network',
      expected: 'fabfb5da',
      received: '1c163f28',
    })
  })
})

describe('accept', () => {
  const setUpAccept = (options: Partial<Parameters<typeof accept>[1]> = {}) => {
    const clock = createVirtualClock()
    const [near, far] = streamPair()
    const outcome = accept(
      near,
      { network: regtest, ...options },
      { clock, random: createSeededRandom(4) },
    ).then(
      (transport) => ({ transport, error: undefined }),
      (error: unknown) => ({ transport: undefined, error }),
    )
    const reading = far.read()
    let heard: Uint8Array | null | undefined
    reading.then(
      (chunk) => {
        heard = chunk
      },
      () => undefined,
    )
    return { clock, far, outcome, heard: () => heard }
  }

  it('stays silent while the bytes are those of a v1 version message, and answers with the first that is not', async () => {
    for (let matching = 0; matching < 16; matching++) {
      const { clock, far, heard } = setUpAccept()
      const prefix = v1Start(regtest.magic).slice(0, matching)
      for (const byte of prefix) {
        await far.write(Uint8Array.of(byte))
        await clock.advance(1)
        expect(heard()).toBeUndefined()
      }
      await far.write(Uint8Array.of(0xaa))
      await clock.advance(1)
      expect(heard()?.length).toBeGreaterThanOrEqual(64)
      far.abort(new Error('end of test'))
    }
  })

  it('hands the first bytes of a v1 connection to v1, however they were cut', async () => {
    const empty = Uint8Array.from([...v1Start(regtest.magic), 0, 0, 0, 0, 0x5d, 0xf6, 0xe0, 0xe2])
    for (const size of [1, 15, 16, 17, 24]) {
      const { clock, far, outcome } = setUpAccept()
      for (let offset = 0; offset < empty.length; offset += size) {
        await far.write(empty.subarray(offset, offset + size))
        await clock.advance(0)
      }
      const { transport } = await outcome
      expect(transport?.protocol).toBe('v1')
      expect(await transport?.reader.read()).toEqual([{ command: 'version', payload: new Uint8Array(0) }])
    }
  })

  it('refuses a v1 remote of another network with its 16th byte', async () => {
    const { clock, far, outcome } = setUpAccept()
    await far.write(v1Start(testnet4.magic))
    await clock.advance(0)
    expect((await outcome).error).toMatchObject({ code: 'wrong-network', received: '1c163f28' })
  })

  it('refuses the protocol that is not wanted', async () => {
    const onlyV2 = setUpAccept({ protocols: ['v2'] })
    await onlyV2.far.write(v1Start(regtest.magic))
    expect((await onlyV2.outcome).error).toMatchObject({ code: 'v1-peer' })
    const v1 = setUpAccept({ protocols: ['v1'] })
    await v1.far.write(new Uint8Array(64))
    expect((await v1.outcome).error).toMatchObject({ code: 'v2-refused' })
  })

  it.each([
    ['detect', 0],
    ['key', 63],
    ['garbage', 100],
  ])('ends a remote that stops in the phase %s at the deadline', async (phase, length) => {
    const { clock, far, outcome } = setUpAccept({ timeout: 5_000 })
    if (length > 0) await far.write(new Uint8Array(length).fill(3))
    await clock.advance(5_000)
    expect((await outcome).error).toMatchObject({ code: 'timeout', phase, limit: 5_000 })
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects with the reason of its signal', async () => {
    const controller = new AbortController()
    const { clock, outcome } = setUpAccept({ signal: controller.signal })
    await clock.advance(10)
    const reason = new Error('stopping')
    controller.abort(reason)
    expect((await outcome).error).toBe(reason)
    expect(clock.pendingTimers).toBe(0)
  })

  it('reports a remote that leaves before it spoke', async () => {
    const { far, outcome } = setUpAccept()
    await far.close()
    expect((await outcome).error).toMatchObject({ code: 'unexpected-end', phase: 'detect' })
  })
})

describe('an open connection', () => {
  it('ends a remote that does not let it close, at its deadline', async () => {
    const clock = createVirtualClock()
    const [near] = streamPair()
    let aborted: Error | undefined
    const stream: ByteStream = {
      read: () => near.read(),
      write: (bytes) => near.write(bytes),
      close: () =>
        new Promise((_, reject) => {
          stream.abort = (reason) => {
            aborted = reason
            reject(reason)
          }
        }),
      abort: (reason) => near.abort(reason),
    }
    const dialer: Dialer = { dial: () => Promise.resolve(stream) }
    const options = { dialer, network: regtest, fallback: onlyV1, sendTimeout: 20_000 }
    const { writer } = await connect(address, options, { clock })
    const closing = expect(writer.close()).rejects.toMatchObject({ code: 'too-slow', limit: 20_000 })
    await clock.advance(20_000)
    await closing
    expect(aborted).toMatchObject({ code: 'too-slow' })
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([neverFallback, onlyV1])('ends a remote that takes nothing, at its deadline', async (fallback) => {
    const clock = createVirtualClock()
    const { dialled, dialer } = setUp(({ far }) => {
      if (fallback === neverFallback) void accept(far, { network: regtest }, { clock })
    })
    const connecting = connect(
      address,
      { dialer, network: regtest, fallback, sendTimeout: 20_000 },
      { clock },
    )
    await clock.advance(0)
    const connection = await connecting
    const reading = expect(connection.reader.read()).rejects.toMatchObject({
      code: 'too-slow',
      limit: 20_000,
    })
    while (connection.writer.send({ command: 'tx', payload: new Uint8Array(100_000) }));
    const ready = expect(connection.writer.ready()).rejects.toMatchObject({ code: 'too-slow' })
    await clock.advance(19_999)
    expect(connection.writer.queuedBytes).toBeGreaterThan(1_000_000)
    await clock.advance(1)
    await Promise.all([reading, ready])
    expect(dialled).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })
})

/** A responder that sends its terminator and never its version packet. */
async function stallInVersion(far: ByteStream): Promise<void> {
  const [inside, outside] = streamPair()
  void accept(inside, { network: regtest }, { random: createSeededRandom(9) }).catch(() => undefined)
  const forward = (async () => {
    for (let chunk = await far.read(); chunk !== null; chunk = await far.read()) await outside.write(chunk)
  })()
  forward.catch(() => undefined)
  // The last 20 bytes of what a responder answers are its version packet.
  let held = new Uint8Array(0)
  for (let chunk = await outside.read(); chunk !== null; chunk = await outside.read()) {
    const all = new Uint8Array(held.length + chunk.length)
    all.set(held)
    all.set(chunk, held.length)
    const keep = Math.min(20, all.length)
    held = all.slice(all.length - keep)
    await far.write(all.slice(0, all.length - keep))
  }
}

describe('what a program gave', () => {
  it.each([
    [
      'has no abort',
      () => ({ read: () => Promise.reject(new Error('broken')), write: () => Promise.resolve() }),
    ],
    [
      'has one that throws',
      () => ({
        read: () => new Promise(() => undefined),
        write: () => Promise.resolve(),
        abort: () => {
          throw new Error('abort')
        },
      }),
    ],
    ['is none', () => undefined],
  ])('fails the attempt, and nothing else, where the dialer gives a stream that %s', async (_, stream) => {
    const clock = createVirtualClock()
    const dialer = { dial: () => Promise.resolve(stream()) } as unknown as Dialer
    const connecting = connect(address, { dialer, network: regtest, fallback: neverFallback }, { clock })
    const failure = expect(connecting).rejects.toBeInstanceOf(TransportError)
    await clock.advance(60_000)
    await failure
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a fallback', () => {
  it('is for the one connection: the next begins with v2 again', async () => {
    // Somebody on the path swallows the first stream, and lets the others through.
    const { clock, dialled, start } = setUp(({ far }) => void far.close())
    const fallen = start({ services: SERVICE_P2P_V2, fallback: eagerFallback })
    await clock.advance(60_000)
    expect((await fallen).connection).toMatchObject({ protocol: 'v1', attempts: [{ protocol: 'v2' }, {}] })
    const again = start({ services: SERVICE_P2P_V2, fallback: neverFallback })
    await clock.advance(60_000)
    expect(((await again).error as TransportError).attempts).toMatchObject([{ protocol: 'v2' }])
    expect(dialled).toHaveLength(3)
  })
})
