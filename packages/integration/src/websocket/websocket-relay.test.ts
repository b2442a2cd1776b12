import { once } from 'node:events'
import { type ByteStream, streamPair, type Dialer } from '@sapwood/transport-v1v2'
import { parsePeerAddress } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { connect as connectTcp } from 'node:net'
import { allowedPeers, publicPeers } from './relay-routes.ts'
import { startWebSocketRelay } from './websocket-relay.ts'

const address = parsePeerAddress('127.0.0.1:18444', { defaultPort: 18_444 })

function memoryDialer(): { readonly dialer: Dialer; readonly peers: ByteStream[] } {
  const peers: ByteStream[] = []
  const dial = (): Promise<ByteStream> => {
    const [ours, theirs] = streamPair()
    peers.push(theirs)
    return Promise.resolve(ours)
  }
  return { dialer: { dial }, peers }
}

/** What came of a client's request: open, or the status that it was refused with. */
async function ask(
  url: string,
  origin?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly socket: WebSocket }> {
  const socket = new WebSocket(url, { headers, ...(origin !== undefined && { origin }) })
  const status = await new Promise<number>((resolve) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
  })
  return { status, socket }
}

describe('the relay for WebSockets', () => {
  it('carries bytes both ways, and refuses a path without a route', async () => {
    const { dialer, peers } = memoryDialer()
    const route = (path: string) => (path === '/peer' ? address : undefined)
    await using relay = await startWebSocketRelay({ route }, { dialer })
    const { socket } = await ask(`${relay.url}/peer`)
    socket.send(Uint8Array.of(1, 2, 3))
    await expect.poll(() => peers).toHaveLength(1)
    expect(await peers[0]!.read()).toEqual(Uint8Array.of(1, 2, 3))
    const heard = once(socket, 'message')
    await peers[0]!.write(Uint8Array.of(4))
    expect((await heard)[0]).toEqual(Buffer.of(4))
    expect((await ask(`${relay.url}/other`)).status).toBe(404)
    socket.terminate()
  })

  it('lives on where its route throws, and where nobody who is told can stand it', async () => {
    const { dialer } = memoryDialer()
    const faults: unknown[] = []
    const route = (path: string) => {
      if (path === '/bad') throw new Error('as asked')
      return address
    }
    const onFault = (error: unknown): void => {
      faults.push(error)
      throw error
    }
    await using relay = await startWebSocketRelay({ route }, { dialer, onFault })
    expect((await ask(`${relay.url}/bad`)).status).toBe(500)
    expect(faults).toHaveLength(1)
    const { status, socket } = await ask(`${relay.url}/good`)
    expect(status).toBe(101)
    socket.terminate()
  })

  it('is for those web pages alone that were named, and for programs that are none', async () => {
    const { dialer } = memoryDialer()
    const origins = ['https://wallet.example']
    await using relay = await startWebSocketRelay({ route: () => address, origins }, { dialer })
    const statuses: number[] = []
    for (const origin of ['https://wallet.example', 'https://other.example', 'null', undefined]) {
      const { status, socket } = await ask(relay.url, origin)
      statuses.push(status)
      socket.terminate()
    }
    expect(statuses).toEqual([101, 403, 403, 101])
  })

  it('carries many clients by one listener of its own end', async () => {
    const { dialer, peers } = memoryDialer()
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    try {
      await using relay = await startWebSocketRelay({ route: () => address }, { dialer })
      const clients = await Promise.all(Array.from({ length: 12 }, () => ask(relay.url)))
      await expect.poll(() => peers).toHaveLength(12)
      await new Promise((resolve) => setImmediate(resolve))
      expect(warnings).toEqual([])
      for (const { socket } of clients) socket.terminate()
    } finally {
      process.off('warning', onWarning)
    }
  })

  it('takes no more clients than it may, those included whose dial is still under way', async () => {
    let finish: () => void = () => undefined
    const dial = (): Promise<ByteStream> =>
      new Promise((_resolve, reject) => {
        finish = () => reject(new Error('nobody there'))
      })
    await using relay = await startWebSocketRelay(
      { route: () => address, maxClients: 1 },
      { dialer: { dial } },
    )
    const first = await ask(relay.url)
    expect(first.status).toBe(101)
    expect((await ask(relay.url)).status).toBe(503)
    first.socket.terminate()
    await once(first.socket, 'close')
    expect((await ask(relay.url)).status).toBe(503)
    finish()
    await expect.poll(async () => (await ask(relay.url)).status).toBe(101)
    finish()
  })

  it('lets one host have no more than its share, by whoever names the host', async () => {
    const { dialer } = memoryDialer()
    const hostOf = ({ headers }: { readonly headers: { readonly [name: string]: unknown } }): string => {
      const name = headers['x-forwarded-for']
      if (typeof name !== 'string') throw new Error('no proxy has said who that is')
      return name
    }
    await using relay = await startWebSocketRelay(
      { route: () => address, maxClientsOfHost: 2, hostOf },
      { dialer },
    )
    const from = async (name?: string): Promise<{ readonly status: number; readonly socket: WebSocket }> =>
      ask(relay.url, undefined, name === undefined ? {} : { 'x-forwarded-for': name })
    const first = await from('192.0.2.1')
    expect([first.status, (await from('192.0.2.1')).status]).toEqual([101, 101])
    expect((await from('192.0.2.1')).status).toBe(429)
    expect((await from('192.0.2.2')).status).toBe(101)
    expect((await from()).status).toBe(500)
    first.socket.terminate()
    await expect.poll(async () => (await from('192.0.2.1')).status).toBe(101)
    const { clients, taken, refused } = relay.info()
    expect([clients, taken, refused.fault]).toEqual([3, 4, 1])
    expect(refused['host-full']).toBeGreaterThanOrEqual(1)
  })

  it('holds each client to its rate, and counts what it carries', async () => {
    const { dialer, peers } = memoryDialer()
    const clock = createVirtualClock()
    await using relay = await startWebSocketRelay({ route: () => address, maxRate: 1_000 }, { dialer, clock })
    const { socket } = await ask(relay.url)
    socket.send(new Uint8Array(1_000))
    await expect.poll(() => peers).toHaveLength(1)
    expect((await peers[0]!.read())!.length).toBe(1_000)
    socket.send(new Uint8Array(2_000))
    const later = peers[0]!.read()
    await expect.poll(() => clock.pendingTimers).toBe(1)
    await clock.advance(1_990)
    expect(relay.info().fromClients).toBe(1_000)
    await clock.advance(20)
    expect((await later)!.length).toBe(2_000)
    await expect.poll(() => relay.info()).toMatchObject({ fromClients: 3_000, fromPeers: 0, clients: 1 })
    socket.terminate()
  })
})

describe('a client that sends a message in pieces of a byte', () => {
  /** A client whose bytes are its own: a masked frame's header first, then what is written. */
  async function rawClient(url: string) {
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1').setNoDelay(true)
    const upgrade = ['GET / HTTP/1.1', 'host: 127.0.0.1', 'connection: upgrade', 'upgrade: websocket']
    const keys = ['sec-websocket-version: 13', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==']
    socket.write(`${[...upgrade, ...keys].join('\r\n')}\r\n\r\n`)
    socket.on('error', () => undefined)
    let isOver = false
    socket.once('close', () => (isOver = true))
    await once(socket, 'data')
    socket.resume()
    return { socket, isOver: () => isOver }
  }

  it('is let go when there are thousands of parts', async () => {
    const { dialer } = memoryDialer()
    await using relay = await startWebSocketRelay({ route: () => address }, { dialer })
    const { socket } = await rawClient(relay.url)
    const closed = once(socket, 'close')
    // The first says that the message is binary, none that it is the last.
    const part = (first: boolean): Buffer => Buffer.of(first ? 2 : 0, 0x81, 0, 0, 0, 0, 7)
    socket.write(Buffer.concat(Array.from({ length: 2_000 }, (_, index) => part(index === 0))))
    await closed
  })

  it('is let go when what it sends came in thousands of reads', async () => {
    const { dialer } = memoryDialer()
    await using relay = await startWebSocketRelay({ route: () => address }, { dialer })
    const { socket, isOver } = await rawClient(relay.url)
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    // A frame of 200,000 bytes.
    socket.write(Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0, 3, 0x0d, 0x40, 0, 0, 0, 0))
    let sent = 0
    for (; sent < 8_000 && !isOver(); sent++) {
      socket.write(Buffer.of(7))
      await turn()
    }
    socket.destroy()
    expect(sent).toBeLessThan(8_000)
  })
})

it('says of a port that is taken that it is', async () => {
  const { dialer } = memoryDialer()
  await using relay = await startWebSocketRelay({ route: () => address }, { dialer })
  const port = Number(new URL(relay.url).port)
  await expect(startWebSocketRelay({ route: () => address, port }, { dialer })).rejects.toMatchObject({
    code: 'port-in-use',
  })
})

describe('the place of a client', () => {
  it('is free as soon as it has left, also where bytes of it, or for it, wait for their time', async () => {
    const { dialer, peers } = memoryDialer()
    const clock = createVirtualClock()
    await using relay = await startWebSocketRelay(
      { route: () => address, maxRate: 1_000, maxClients: 1 },
      { dialer, clock },
    )
    for (const direction of ['up', 'down'] as const) {
      const { status, socket } = await ask(relay.url)
      expect([direction, status]).toEqual([direction, 101])
      await expect.poll(() => peers).toHaveLength(1)
      if (direction === 'up') socket.send(new Uint8Array(60_000))
      else await peers[0]!.write(new Uint8Array(60_000))
      await expect.poll(() => clock.pendingTimers).toBe(1)
      socket.terminate()
      await expect.poll(() => relay.info().clients).toBe(0)
      expect(clock.pendingTimers).toBe(0)
      peers.pop()
    }
  })

  it('is free as soon as it has left a dial that can be given up, which is no fault of the peer', async () => {
    const dial: Dialer['dial'] = (_address, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))))
    await using relay = await startWebSocketRelay({ route: () => address }, { dialer: { dial } })
    const { socket } = await ask(relay.url)
    expect(relay.info().clients).toBe(1)
    socket.terminate()
    await expect.poll(() => relay.info().clients).toBe(0)
    expect(relay.info()).toMatchObject({ taken: 1, unreachable: 0 })
  })
})

describe('a relay is no open proxy', () => {
  const p2p = { defaultPort: 8_333 }
  const asked: readonly (readonly [string, string])[] = [
    ['a loopback address', '127.0.0.1:8333'],
    ['one in hexadecimal', '0x7f000001:8333'],
    ['one as a number', '2130706433:8333'],
    ['one in octal', '0177.0.0.1:8333'],
    ['one in short form', '127.1:8333'],
    ['one within IPv6', '[::ffff:127.0.0.1]:8333'],
    ['one within IPv6, in hexadecimal', '[::ffff:7f00:1]:8333'],
    ['one within old IPv6', '[::127.0.0.1]:8333'],
    ['one behind 6to4', '[2002:7f00:1::]:8333'],
    ['one behind NAT64', '[64:ff9b::7f00:1]:8333'],
    ['one behind Teredo', '[2001:0:7f00:1::]:8333'],
    ['the IPv6 loopback', '[::1]:8333'],
    ['a private network', '10.1.2.3:8333'],
    ['another one', '192.168.1.1:8333'],
    ['a link', '169.254.169.254:8333'],
    ['a link of IPv6', '[fe80::1]:8333'],
    ['a private network of IPv6', '[fd00::1]:8333'],
    ['a carrier', '100.64.0.1:8333'],
    ['nobody', '0.0.0.0:8333'],
    ['everybody', '255.255.255.255:8333'],
    ['a group', '224.0.0.1:8333'],
    ['another port', '8.8.8.8:22'],
    ['port 0', '8.8.8.8:0'],
    ['a name', 'localhost:8333'],
    ['another name', 'metadata.google.internal:8333'],
    ['an onion service', `${'a'.repeat(56)}.onion:8333`],
    ['a URL', 'http://8.8.8.8:8333/'],
    ['somebody with a password', 'user@8.8.8.8:8333'],
    ['two lines', '8.8.8.8:8333\r\nhost: x'],
    ['a zero byte', '8.8.8.8:8333\0'],
    ['a folder', '../8.8.8.8:8333'],
    ['something long', '8'.repeat(100_000)],
    ['nothing', ''],
  ]

  it.each(asked)('leads nobody to %s', (_, text) => {
    const known = parsePeerAddress('8.8.8.8:8333', p2p)
    for (const route of [publicPeers(p2p), allowedPeers([known])])
      for (const path of [`/${text}`, `/${encodeURIComponent(text)}`, text])
        expect(route(path)).toBeUndefined()
  })

  it('leads to public peers at their port, and to those who were named, as they were', () => {
    const open = publicPeers(p2p)
    expect(open('/8.8.8.8:8333')).toEqual(parsePeerAddress('8.8.8.8:8333', p2p))
    expect(open(`/${encodeURIComponent('[2a00:1450::1]:8333')}`)?.network).toBe('ipv6')
    const allowed = allowedPeers([address])
    expect(allowed('/127.0.0.1%3A18444')).toEqual(address)
    expect(allowed('/127.0.0.1:18445')).toBeUndefined()
    expect(allowed('/%')).toBeUndefined()
  })

  it.each([
    'CONNECT 8.8.8.8:8333 HTTP/1.1\r\nhost: 8.8.8.8:8333\r\n\r\n',
    'GET http://8.8.8.8:8333/ HTTP/1.1\r\nhost: 8.8.8.8\r\nconnection: close\r\n\r\n',
    'GET /8.8.8.8:8333 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    'GET http://8.8.8.8:8333/ HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    '\u0005\u0001\u0000',
    '\u0004\u0001\u0020\u008d\u0008\u0008\u0008\u0008\u0000',
  ])('is no proxy of HTTP or SOCKS either: %j', async (request) => {
    const { dialer, peers } = memoryDialer()
    await using relay = await startWebSocketRelay({ route: publicPeers(p2p) }, { dialer })
    const socket = connectTcp(Number(new URL(relay.url).port), '127.0.0.1')
    let said = ''
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.end(Buffer.from(request, 'latin1'))
    await once(socket, 'close')
    expect(said).not.toMatch(/^HTTP\/1\.1 (?:101|2)/)
    expect(peers).toEqual([])
  })
})
