import { createVirtualClock, createSeededRandom } from '@sapwood/transport-v1v2/testing'
import type { ByteStream } from '@sapwood/transport-v1v2'
import { parsePeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createSocks5Dialer,
  DEFAULT_SOCKS5_TIMEOUTS,
  ProxyError,
  type Socks5DialerOptions,
} from '../src/index.ts'
import { scriptedServer, type ScriptedPeer, type ScriptedServer } from './scripted-server.ts'
import { GRANTED, socks5Server } from './socks5-server.ts'

const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
const auth = { username: 'alice', password: 'correct horse battery' }
const destination: PeerAddress = { network: 'ipv4', bytes: Uint8Array.of(192, 0, 2, 7), port: 8333 }
const never = new AbortController().signal

const servers: ScriptedServer[] = []
const streams: ByteStream[] = []
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort(new Error('end of test'))
  for (const server of servers.splice(0)) await server.close()
})

async function serve<T extends ScriptedServer>(server: Promise<T>): Promise<T> {
  const started = await server
  servers.push(started)
  return started
}

async function dial(
  server: ScriptedServer,
  options: Partial<Socks5DialerOptions> = {},
  address: PeerAddress = destination,
  isolation?: string,
): Promise<ByteStream> {
  const proxy = server.path === '' ? { host: server.host, port: server.port } : { path: server.path }
  const stream = await createSocks5Dialer({ proxy, ...options }).dial(address, {
    signal: never,
    ...(isolation !== undefined && { isolation }),
  })
  streams.push(stream)
  return stream
}

async function refusal(attempt: Promise<unknown>): Promise<ProxyError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ProxyError)
  return error as ProxyError
}

async function readAll(stream: ByteStream, length: number): Promise<number[]> {
  const bytes: number[] = []
  while (bytes.length < length) {
    const chunk = await stream.read()
    if (chunk === null) break
    bytes.push(...chunk)
  }
  return bytes
}

describe('what the proxy is asked', () => {
  it.each([
    ['192.0.2.7:8333', '192.0.2.7', 8333],
    ['[2001:db8::7]:18444', '2001:db8::7', 18444],
    [`${ONION}:8333`, ONION, 8333],
    ['seed.example.org:8333', 'seed.example.org', 8333],
  ])('sends %s as the name %s', async (text, host, port) => {
    const server = await serve(socks5Server())
    await dial(server, {}, parsePeerAddress(text, { defaultPort: 1 }))
    expect(server.requests).toEqual([{ methods: [0], addressType: 3, host, port }])
  })

  it('sends IP addresses in binary form when told to', async () => {
    const server = await serve(socks5Server())
    await dial(server, { ipAs: 'binary' })
    await dial(server, { ipAs: 'binary' }, parsePeerAddress('[2001:db8::7]:1', { defaultPort: 1 }))
    expect(server.requests.map(({ addressType, host }) => [addressType, host])).toEqual([
      [1, '192.0.2.7'],
      [4, '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7'],
    ])
  })

  it('offers no authentication and the password, and gives the password', async () => {
    const server = await serve(socks5Server())
    await dial(server, { auth })
    expect(server.requests[0]).toMatchObject({ methods: [0, 2], ...auth })
  })

  it('goes on without a password where the proxy wants none', async () => {
    const server = await serve(socks5Server({ method: 0 }))
    await dial(server, { auth })
    expect(server.requests[0]).not.toHaveProperty('username')
  })

  it('reaches a proxy on a unix socket', async () => {
    const server = await serve(socks5Server({ unix: true }))
    const stream = await dial(server)
    await stream.write(Uint8Array.of(1, 2, 3))
    expect(await readAll(stream, 3)).toEqual([1, 2, 3])
  })

  it('tries all addresses of the name of a proxy', async () => {
    const server = await serve(socks5Server())
    const ip = (last: number) =>
      ({ network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, last), port: 0 }) as const
    const dialer = createSocks5Dialer(
      { proxy: { host: 'proxy.test', port: server.port } },
      // Nobody listens on the first two.
      { resolver: { resolve: () => Promise.resolve([ip(7), ip(6), ip(1)]) } },
    )
    const signal = AbortSignal.timeout(5_000)
    const stream = await dialer.dial({ network: 'name', host: 'peer.test', port: 1 }, { signal })
    stream.abort(new Error('done'))
    expect(server.connections).toBe(1)
  })

  it('refuses a name that fits no request, before it connects', async () => {
    const server = await serve(socks5Server())
    for (const host of ['a'.repeat(256), 'with space.org', 'bücher.example', '']) {
      const error = await refusal(dial(server, {}, { network: 'name', host, port: 1 }))
      expect(error).toMatchObject({ code: 'invalid-address', retry: 'no' })
    }
    const onLink = {
      network: 'ipv6',
      bytes: Uint8Array.of(0xfe, 0x80, ...new Uint8Array(14)),
      port: 1,
    } as const
    expect(await refusal(dial(server, {}, { ...onLink, zone: 'eth0' }))).toMatchObject({
      code: 'invalid-address',
    })
    expect(server.connections).toBe(0)
  })
})

describe('isolation', () => {
  const usernames = async (options: Partial<Socks5DialerOptions>, keys: readonly (string | undefined)[]) => {
    const server = await serve(socks5Server())
    const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port }, ...options })
    for (const [index, isolation] of keys.entries()) {
      const address = { ...destination, port: 1000 + (index % 2) }
      streams.push(
        await dialer.dial(address, { signal: never, ...(isolation !== undefined && { isolation }) }),
      )
    }
    return server.requests.map(({ username, password }) =>
      username === undefined ? '' : `${username}:${password}`,
    )
  }

  it('gives each connection its own random credentials by default when the proxy is Tor', async () => {
    const seen = await usernames({ tor: true }, [undefined, undefined, undefined, undefined])
    expect(new Set(seen).size).toBe(4)
    expect(seen[0]).toMatch(/^[0-9a-f]{32}:[0-9a-f]{32}$/)
  })

  it('keeps the credentials of a key, so that a redial keeps its circuit', async () => {
    const [first, redial, other] = await usernames({ tor: true }, ['one', 'one', 'two'])
    expect(redial).toBe(first)
    expect(other).not.toBe(first)
  })

  it('isolates by destination', async () => {
    const [a, b, c, d] = await usernames({ isolation: 'per-destination' }, ['k', 'l', undefined, undefined])
    expect([c, d]).toEqual([a, b])
    expect(a).not.toBe(b)
  })

  it('isolates by the caller’s key', async () => {
    const [a, b, c, d] = await usernames({ isolation: 'per-key' }, ['k', undefined, 'k', undefined])
    expect([c, d]).toEqual([a, b])
    expect(a).not.toBe(b)
  })

  it('shares on request, and by default with a proxy that is not Tor', async () => {
    expect(await usernames({ tor: true, isolation: 'shared' }, [undefined, 'k'])).toEqual(['', ''])
    expect(await usernames({}, [undefined, 'k'])).toEqual(['', ''])
  })

  it('makes other credentials in another dialer', async () => {
    const [first] = await usernames({ tor: true }, ['key'])
    const [second] = await usernames({ tor: true }, ['key'])
    expect(second).not.toBe(first)
  })
})

describe('replies', () => {
  it.each([
    [1, 'general-failure', 'later'],
    [2, 'not-allowed', 'no'],
    [3, 'network-unreachable', 'later'],
    [4, 'host-unreachable', 'later'],
    [5, 'connection-refused', 'later'],
    [6, 'ttl-expired', 'new-circuit'],
    [7, 'command-not-supported', 'no'],
    [8, 'address-type-not-supported', 'no'],
    [0xf0, 'onion-descriptor-not-found', 'later'],
    [0xf1, 'onion-descriptor-invalid', 'later'],
    [0xf2, 'onion-introduction-failed', 'new-circuit'],
    [0xf3, 'onion-rendezvous-failed', 'new-circuit'],
    [0xf4, 'onion-authorization-missing', 'no'],
    [0xf5, 'onion-authorization-wrong', 'no'],
    [0xf6, 'onion-address-invalid', 'no'],
    [0xf7, 'onion-introduction-timeout', 'new-circuit'],
    [9, 'unknown-reply', 'later'],
    [0xff, 'unknown-reply', 'later'],
  ])('reply %i is %s', async (reply, code, retry) => {
    const server = await serve(socks5Server({ reply: [5, reply, 0, 1, 0, 0, 0, 0, 0, 0] }))
    expect(await refusal(dial(server))).toMatchObject({ code, reply, retry, step: 'request' })
    await expect.poll(() => server.open).toBe(0)
  })

  it('knows a refusal by its first two bytes', async () => {
    const server = await serve(socks5Server({ reply: [5, 0xf2], then: ({ socket }) => void socket.end() }))
    expect(await refusal(dial(server))).toMatchObject({ code: 'onion-introduction-failed', reply: 0xf2 })
  })

  const NAME_255 = [5, 0, 0, 3, 255, ...new Array<number>(255).fill(0x61), 0x20, 0x8d]
  const boundAddresses: readonly (readonly [string, readonly number[]])[] = [
    ['IPv4', GRANTED],
    ['IPv6', [5, 0, 0, 4, ...new Array<number>(16).fill(7), 0, 1]],
    ['an empty name', [5, 0, 0, 3, 0, 0, 1]],
    ['a name', [5, 0, 0, 3, 3, 0x61, 0x62, 0x63, 0, 1]],
    ['a name of 255 bytes', NAME_255],
  ]
  it.each(boundAddresses)('accepts %s as the bound address, with data glued to it', async (_, reply) => {
    const server = await serve(socks5Server({ reply: [...reply, 9, 8, 7], then: () => undefined }))
    expect(await readAll(await dial(server), 3)).toEqual([9, 8, 7])
  })

  it('gives the peer’s bytes in order and whole, when they come at once, in pieces and before the end', async () => {
    const sent = Array.from({ length: 200_000 }, (_, index) => index % 251)
    const server = await serve(
      socks5Server({
        reply: [...GRANTED, ...sent.slice(0, 100_000)],
        then: (peer) => {
          peer.write(sent.slice(100_000))
          peer.socket.end()
        },
      }),
    )
    const stream = await dial(server)
    expect(await readAll(stream, 300_000)).toEqual(sent)
    expect(await stream.read()).toBeNull()
  })

  it('takes answers split at every byte', async () => {
    for (const reply of [GRANTED, NAME_255.slice(0, 4).concat(3, 0x61, 0x62, 0x63, 0, 1)]) {
      const conversation = [
        { from: 4, answer: [5, 2] },
        { from: 3 + auth.username.length + auth.password.length, answer: [1, 0] },
        { from: 7 + '192.0.2.7'.length, answer: [...reply, 42] },
      ]
      const total = conversation.reduce((sum, { answer }) => sum + answer.length, 0)
      for (let split = 1; split < total; split++) {
        const server = await serve(
          scriptedServer(async (peer) => {
            let sent = 0
            for (const { from, answer } of conversation) {
              await peer.read(from)
              const at = Math.min(Math.max(split - sent, 0), answer.length)
              peer.write(answer.slice(0, at))
              if (at > 0 && at < answer.length) await turnOfTheLoop()
              peer.write(answer.slice(at))
              sent += answer.length
            }
          }),
        )
        expect(await readAll(await dial(server, { auth }), 1)).toEqual([42])
        await server.close()
        servers.pop()
      }
    }
  })

  it('takes one byte at a time', async () => {
    const dribble = async (peer: ScriptedPeer, bytes: readonly number[]): Promise<void> => {
      for (const byte of bytes) {
        peer.write([byte])
        await turnOfTheLoop()
      }
    }
    const server = await serve(
      scriptedServer(async (peer) => {
        await peer.read(3)
        await dribble(peer, [5, 0])
        await peer.read(7 + '192.0.2.7'.length)
        await dribble(peer, [...NAME_255, 1, 2, 3])
      }),
    )
    expect(await readAll(await dial(server), 3)).toEqual([1, 2, 3])
  })
})

describe('proxies that break the protocol', () => {
  const violations: readonly (readonly [string, readonly (readonly number[])[], object])[] = [
    ['another version', [[4, 0]], { step: 'greeting', expected: 5, received: 4 }],
    ['HTTP', [[...Buffer.from('HTTP/1.1 400 Bad Request')]], { step: 'greeting', received: 0x48 }],
    ['a method that was not offered', [[5, 1]], { step: 'greeting', received: 1 }],
    ['bytes that nobody asked for', [[5, 0, 5, 0]], { step: 'greeting' }],
    [
      'a reply of another version',
      [
        [5, 0],
        [4, 0, 0, 1],
      ],
      { step: 'request', received: 4 },
    ],
    [
      'a reserved byte that is not 0',
      [
        [5, 0],
        [5, 0, 1, 1],
      ],
      { step: 'request', received: 1 },
    ],
    [
      'an unknown address type',
      [
        [5, 0],
        [5, 0, 0, 2, 0],
      ],
      { step: 'request', received: 2 },
    ],
  ]
  it.each(violations)('%s', async (_, [greeting = [], reply = []], facts) => {
    const server = await serve(
      scriptedServer(async (peer) => {
        await peer.read(3)
        peer.write(greeting)
        await peer.read(16)
        peer.write(reply)
      }),
    )
    expect(await refusal(dial(server))).toMatchObject({ code: 'protocol-violation', retry: 'no', ...facts })
    await expect.poll(() => server.open).toBe(0)
  })

  it.each([[[2, 0]], [[5, 0]]])(
    'an answer to the password of another version: %j',
    async (authentication) => {
      const server = await serve(socks5Server({ authentication }))
      expect(await refusal(dial(server, { auth }))).toMatchObject({
        code: 'protocol-violation',
        step: 'authentication',
      })
    },
  )

  it('refuses every method', async () => {
    const server = await serve(socks5Server({ method: 0xff }))
    expect(await refusal(dial(server))).toMatchObject({ code: 'no-acceptable-method', retry: 'no' })
    expect(await refusal(dial(server, { auth }))).toMatchObject({ code: 'no-acceptable-method' })
  })

  it('wants a password when there is none to give', async () => {
    const server = await serve(socks5Server({ method: 2 }))
    expect(await refusal(dial(server))).toMatchObject({
      code: 'no-acceptable-method',
      received: 2,
      retry: 'no',
    })
  })

  it('refuses the password, and the error does not hold it', async () => {
    const server = await serve(socks5Server({ authentication: [1, 1] }))
    const error = await refusal(dial(server, { auth }))
    expect(error).toMatchObject({ code: 'authentication-failed', retry: 'no', received: 1 })
    const { inspect } = await import('node:util')
    const shown = inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)
    expect(shown).not.toContain(auth.password)
    expect(shown).not.toContain(auth.username)
  })
})

describe('silence, ends and resets', () => {
  /** A server that answers up to a step, and then does `then`. */
  const upTo = (step: number, then: (peer: ScriptedPeer) => void) =>
    serve(
      scriptedServer(async (peer) => {
        if (step > 0) {
          await peer.read(4)
          peer.write([5, 2])
        }
        if (step > 1) {
          await peer.read(3 + auth.username.length + auth.password.length)
          peer.write([1, 0])
        }
        if (step > 2) {
          await peer.read(16)
          peer.write(GRANTED.slice(0, 7))
        }
        const rest = [4, 3 + auth.username.length + auth.password.length, 16, 0][step]!
        await peer.read(rest)
        then(peer)
      }),
    )
  const steps = ['greeting', 'authentication', 'request', 'request'] as const

  it.each([...steps.entries()])('silence at step %i (%s) ends at its deadline', async (index, step) => {
    let heard = (): void => undefined
    const silent = new Promise<void>((resolve) => {
      heard = resolve
    })
    const server = await upTo(index, () => heard())
    const clock = createVirtualClock()
    const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port }, auth }, { clock })
    const attempt = refusal(dialer.dial(destination, { signal: never }))
    await silent
    const limit = DEFAULT_SOCKS5_TIMEOUTS[step]
    await clock.advance(limit - 1)
    expect(server.open).toBe(1)
    await clock.advance(1)
    expect(await attempt).toMatchObject({ code: 'timeout', step, limit, retry: 'later' })
    expect(clock.pendingTimers).toBe(0)
    await expect.poll(() => server.open).toBe(0)
  })

  it('is waited for as long as Bitcoin Core waits, and no longer than an attempt lasts', () => {
    expect(DEFAULT_SOCKS5_TIMEOUTS).toEqual({
      connect: 5_000,
      greeting: 20_000,
      authentication: 20_000,
      request: 20_000,
      total: 30_000,
    })
  })

  it('ends at the deadline of the whole', async () => {
    let heard = (): void => undefined
    const silent = new Promise<void>((resolve) => {
      heard = resolve
    })
    const server = await upTo(2, () => heard())
    const clock = createVirtualClock()
    const proxy = { host: server.host, port: server.port }
    const dialer = createSocks5Dialer({ proxy, auth, timeouts: { total: 1_000 } }, { clock })
    const attempt = refusal(dialer.dial(destination, { signal: never }))
    await silent
    await clock.advance(1_000)
    expect(await attempt).toMatchObject({ code: 'timeout', step: 'total', limit: 1_000 })
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([...steps.entries()])('an end at step %i (%s)', async (index, step) => {
    const server = await upTo(index, ({ socket }) => void socket.end())
    expect(await refusal(dial(server, { auth }))).toMatchObject({ code: 'closed', step, retry: 'later' })
    await expect.poll(() => server.open).toBe(0)
  })

  it.each([...steps.entries()])('a reset at step %i (%s)', async (index, step) => {
    const server = await upTo(index, (peer) => peer.reset())
    expect(await refusal(dial(server, { auth }))).toMatchObject({ code: 'closed', step })
  })

  it.each([0, 1, 2, 3])('an abort at step %i leaves nothing open', async (index) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const server = await upTo(index, () => controller.abort(reason))
    const clock = createVirtualClock()
    const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port }, auth }, { clock })
    await expect(dialer.dial(destination, { signal: controller.signal })).rejects.toBe(reason)
    expect(clock.pendingTimers).toBe(0)
    await expect.poll(() => server.open).toBe(0)
  })

  it('says that nothing listens', async () => {
    const server = await socks5Server()
    await server.close()
    const error = await refusal(dial(server))
    expect(error).toMatchObject({ code: 'proxy-unreachable', step: 'connect', retry: 'later' })
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('does not start when the signal has aborted', async () => {
    const server = await serve(socks5Server())
    const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port } })
    const reason = new Error('before')
    await expect(dialer.dial(destination, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(server.connections).toBe(0)
  })
})

describe('options', () => {
  const proxy = { host: '127.0.0.1', port: 9050 }
  it.each<[string, Socks5DialerOptions]>([
    ['a proxy by a name, and no resolver', { proxy: { host: 'proxy.example', port: 1 } }],
    ['port 0', { proxy: { host: '127.0.0.1', port: 0 } }],
    ['an empty path', { proxy: { path: '' } }],
    ['an empty username', { proxy, auth: { username: '', password: 'x' } }],
    ['a password of 256 bytes', { proxy, auth: { username: 'x', password: 'ü'.repeat(128) } }],
    ['a password and isolation', { proxy, auth, isolation: 'per-connection' }],
  ])('refuses %s', (_, options) => {
    expect(() => createSocks5Dialer(options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })

  it('asks the resolver for the proxy’s name and for nothing else', async () => {
    const server = await serve(socks5Server())
    const asked: string[] = []
    const dialer = createSocks5Dialer(
      { proxy: { host: 'proxy.example', port: server.port }, tor: true },
      {
        random: createSeededRandom(1),
        resolver: {
          resolve: async (host) => {
            asked.push(host)
            return [{ network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0 }]
          },
        },
      },
    )
    streams.push(await dialer.dial({ network: 'name', host: 'seed.example', port: 1 }, { signal: never }))
    expect(asked).toEqual(['proxy.example'])
    expect(server.requests[0]).toMatchObject({ addressType: 3, host: 'seed.example' })
  })

  it.each<[string, () => unknown, string]>([
    ['never answers', () => new Promise(() => undefined), 'timeout'],
    ['rejects', () => Promise.reject(new Error('the program’s own')), 'proxy-unreachable'],
    ['gives nothing', () => undefined, 'proxy-unreachable'],
    ['gives rubbish', () => Promise.resolve(7), 'proxy-unreachable'],
  ])('says so in time where the resolver of its name %s', async (_, resolve, code) => {
    const clock = createVirtualClock()
    const dialer = createSocks5Dialer(
      { proxy: { host: 'proxy.example', port: 9 } },
      { clock, resolver: { resolve: resolve as never } },
    )
    const dialling = refusal(dialer.dial(destination, { signal: never }))
    // The module that negotiates is loaded first, by the file system.
    await import('../src/socks5/negotiate.ts')
    await turnOfTheLoop()
    await clock.advance(5_000)
    expect(await dialling).toMatchObject({ code, step: 'connect' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes a time without end for none', async () => {
    const server = await serve(socks5Server())
    const endless = Number.POSITIVE_INFINITY
    const stream = await dial(server, {
      timeouts: { connect: endless, greeting: endless, request: endless, total: endless },
    })
    await stream.write(Uint8Array.of(1))
    expect(await stream.read()).toEqual(Uint8Array.of(1))
  })
})

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
