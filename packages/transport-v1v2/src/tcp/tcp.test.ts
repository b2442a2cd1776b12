import { connect as connectSocket, createServer, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { NetworkAddress } from '@sapwood/wire-codec'
import { describe, expect, it, vi } from 'vitest'
import type { ByteStream } from '../stream/byte-stream.ts'
import { createTcpDialer, listenTcp, systemResolver, tcpStream } from './index.ts'
import { formatIp, parseIp } from './ip-text.ts'

const signal = new AbortController().signal
const address = (port: number, network: NetworkAddress['network'] = 'ipv4'): NetworkAddress => ({
  network,
  bytes: network === 'ipv4' ? Uint8Array.of(127, 0, 0, 1) : new Uint8Array(network === 'torv3' ? 32 : 16),
  port,
})

/** A socket to a listener of our own, and how many chunks the other side got. */
async function rawPair() {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const near = connectSocket(port, '127.0.0.1')
  await new Promise((resolve) => near.once('connect', resolve))
  return { near, far: await accepted, close: () => server.close() }
}

describe('tcpStream', () => {
  it('sends the writes of one turn of the event loop together', async () => {
    const { near, far, close } = await rawPair()
    const stream = tcpStream(near)
    const chunks: number[] = []
    const complete = new Promise<void>((resolve) => {
      let total = 0
      far.on('data', (data: Buffer) => {
        chunks.push(data.length)
        total += data.length
        if (total === 5_000) resolve()
      })
    })
    for (let index = 0; index < 100; index++) {
      void stream.write(new Uint8Array(50))
      await Promise.resolve()
    }
    await complete
    expect(chunks).toEqual([5_000])
    stream.abort(new Error('end of test'))
    far.destroy()
    close()
  })

  it('gives what was read before it first', async () => {
    const { near, far, close } = await rawPair()
    const stream = tcpStream(near, { head: Uint8Array.of(1, 2) })
    far.write(Uint8Array.of(3))
    expect(await stream.read()).toEqual(Uint8Array.of(1, 2))
    expect(await stream.read()).toEqual(Uint8Array.of(3))
    stream.abort(new Error('end of test'))
    far.destroy()
    close()
  })

  it('reads no further while nobody has read a long head', async () => {
    const { near, far, close } = await rawPair()
    const stream = tcpStream(near, { head: new Uint8Array(65_536) })
    expect(near.isPaused()).toBe(true)
    expect((await stream.read())?.length).toBe(65_536)
    expect(near.isPaused()).toBe(false)
    stream.abort(new Error('end of test'))
    far.destroy()
    close()
  })

  it('lets go of a socket that is aborted while its end is under way', async () => {
    const { near, far, close } = await rawPair()
    far.on('error', () => undefined)
    const stream = tcpStream(near)
    stream.close().catch(() => undefined)
    stream.abort(new Error('at once'))
    // Whoever writes to a socket that is closed is told so; one that is held open takes all of it.
    const gone = new Promise<void>((resolve) => far.once('close', resolve))
    far.allowHalfOpen = true
    const writing = setInterval(() => far.writable && far.write('still there?'), 10)
    await gone
    clearInterval(writing)
    close()
  })

  it('turns off Nagle’s algorithm', async () => {
    const { near, far, close } = await rawPair()
    let noDelay: unknown
    near.setNoDelay = (value) => {
      noDelay = value
      return near
    }
    tcpStream(near).abort(new Error('end of test'))
    expect(noDelay).toBe(true)
    far.destroy()
    close()
  })

  it('holds less than 256 KiB for a reader that does not read', async () => {
    const { near, far, close } = await rawPair()
    const stream = tcpStream(near)
    const block = new Uint8Array(65_536)
    while (far.writableLength < 4_194_304) {
      far.write(block)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const taken = near.bytesRead
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(near.bytesRead).toBe(taken)
    expect(taken).toBeLessThanOrEqual(262_144)
    stream.abort(new Error('end of test'))
    far.destroy()
    close()
  })
})

describe('tcpStream to a remote that reads nothing', () => {
  /** A socket that takes all that is written, and sends it when it is told to. */
  function deafSocket() {
    const unsent: (() => void)[] = []
    const send = (done: () => void): void => void unsent.push(done)
    const socket = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done: () => void) => send(done),
      writev: (_chunks, done: () => void) => send(done),
    })
    const ofASocket = { setNoDelay: () => socket, setKeepAlive: () => socket }
    return {
      socket: Object.assign(socket, ofASocket) as unknown as Socket,
      sendAll: () => unsent.splice(0).forEach((done) => done()),
    }
  }

  it('has hundreds of small parts wait in the socket, and not thousands', async () => {
    const { socket, sendAll } = deafSocket()
    const stream = tcpStream(socket)
    let waiting: Promise<void> | undefined
    for (let written = 0; waiting === undefined && written < 2_000; written++) {
      const write = stream.write(new Uint8Array(32))
      const isTaken = await Promise.race([
        write.then(() => true),
        new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
      ])
      if (!isTaken) waiting = write
    }
    expect(socket.writableLength).toBeLessThan(32 * 300)
    expect(waiting).toBeDefined()
    const sending = setInterval(sendAll, 0)
    await waiting
    clearInterval(sending)
    await stream.write(new Uint8Array(32))
    stream.abort(new Error('end of test'))
  })
})

describe('createTcpDialer', () => {
  it('refuses addresses that TCP cannot reach', async () => {
    const dialer = createTcpDialer()
    for (const network of ['torv3', 'i2p'] as const) {
      await expect(dialer.dial(address(1, network), { signal })).rejects.toMatchObject({
        code: 'refused-address',
        received: network,
      })
    }
  })

  it('dials names through its resolver only, trying each address', async () => {
    const streams: ByteStream[] = []
    await using listener = await listenTcp({}, (stream) => streams.push(stream))
    const asked: string[] = []
    const dialer = createTcpDialer({
      resolver: {
        resolve: async (host) => {
          asked.push(host)
          return [
            { network: 'torv3', bytes: new Uint8Array(32), port: 0 },
            { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 2), port: 0 },
            { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0 },
          ]
        },
      },
    })
    const near = await dialer.dial({ network: 'name', host: 'peer.invalid', port: listener.port }, { signal })
    expect(asked).toEqual(['peer.invalid'])
    near.abort(new Error('end of test'))
    const nowhere = createTcpDialer({ resolver: { resolve: async () => [] } })
    await expect(nowhere.dial({ network: 'name', host: 'x', port: 1 }, { signal })).rejects.toMatchObject({
      code: 'resolve-failed',
    })
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the program’s own')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the program’s own'))],
    ['gives nothing', () => undefined],
    [
      'gives what is no address',
      () => Promise.resolve([{ network: 'ipv4', bytes: new Uint8Array(5), port: 0 }, {}]),
    ],
  ])('says that a name has no address where its resolver %s', async (_, resolve) => {
    const dialer = createTcpDialer({ resolver: { resolve: resolve as never } })
    const dialling = dialer.dial({ network: 'name', host: 'x.invalid', port: 1 }, { signal })
    await expect(dialling).rejects.toMatchObject({ name: 'TransportError', code: 'resolve-failed' })
  })

  it('dials into the zone of a link-local address', async () => {
    const linkLocal = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    const address = { network: 'ipv6', bytes: linkLocal, zone: 'nosuch0', port: 1 } as const
    const failure: unknown = await createTcpDialer()
      .dial(address, { signal })
      .catch((error: unknown) => error)
    // No link has that name, and without any the address is none at all.
    expect(JSON.stringify((failure as Error).cause)).toContain('%nosuch0')
  })

  it('is told the zone of a link-local address by the resolver of the system', async () => {
    const found = await systemResolver.resolve('fe80::1%nosuch0', { signal })
    expect(found).toMatchObject([{ network: 'ipv6', zone: 'nosuch0' }])
  })

  it('waits for a resolver that never answers no longer than its signal says', async () => {
    const dialer = createTcpDialer({ resolver: { resolve: () => new Promise(() => undefined) } })
    const ending = new AbortController()
    const dialling = dialer.dial({ network: 'name', host: 'x.invalid', port: 1 }, { signal: ending.signal })
    ending.abort(new Error('enough'))
    await expect(dialling).rejects.toThrow('enough')
  })
})

describe('listenTcp', () => {
  it('closes connections beyond its limit, and takes others when one has ended', async () => {
    const streams: ByteStream[] = []
    await using listener = await listenTcp({ maxConnections: 2 }, (stream) => streams.push(stream))
    const dialer = createTcpDialer()
    const nears = []
    for (let index = 0; index < 3; index++) nears.push(await dialer.dial(address(listener.port), { signal }))
    await expect(
      nears[2]!.read().then((chunk) => chunk ?? Promise.reject(new Error('ended'))),
    ).rejects.toThrow()
    expect(streams).toHaveLength(2)
    expect(listener.connections).toBe(2)
    nears[0]!.abort(new Error('one less'))
    while (listener.connections > 1) await new Promise((resolve) => setImmediate(resolve))
    const again = await dialer.dial(address(listener.port), { signal })
    await again.write(Uint8Array.of(1))
    while (streams.length < 3) await new Promise((resolve) => setImmediate(resolve))
    for (const near of [...nears, again]) near.abort(new Error('end of test'))
  })

  it('says why it cannot listen, and stops with its signal', async () => {
    const controller = new AbortController()
    const listener = await listenTcp({ signal: controller.signal }, () => undefined)
    await expect(listenTcp({ port: listener.port }, () => undefined)).rejects.toMatchObject({
      code: 'dial-failed',
      cause: { code: 'EADDRINUSE' },
    })
    controller.abort()
    await listener.close()
    const again = await listenTcp({ port: listener.port }, () => undefined)
    await again.close()
  })

  it('leaves no port open when its signal comes while it opens it', async () => {
    const controller = new AbortController()
    const opening = listenTcp({ signal: controller.signal }, () => undefined)
    const reason = new Error('changed my mind')
    controller.abort(reason)
    await expect(opening).rejects.toBe(reason)
  })
})

describe('IP addresses in text', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['::ffff:1.2.3.4', '0:0:0:0:0:ffff:102:304'],
    ['2001:db8::', '2001:db8:0:0:0:0:0:0'],
  ])('%s', (text, formatted) => {
    expect(formatIp(parseIp(text))).toBe(formatted)
  })
})

describe('listenTcp with a program that throws', () => {
  it.each([
    ['throws', () => fail()],
    ['rejects', () => Promise.resolve().then(fail)],
  ])('ends the connection it %s at, tells of it, and goes on', async (_, onStream) => {
    const faults: unknown[] = []
    let taken = 0
    const listener = await listenTcp(
      {
        onFault: (error) => {
          faults.push(error)
          throw new Error('so does this')
        },
      },
      (stream) => {
        taken += 1
        if (taken === 1) return onStream()
        stream.abort(new Error('end of test'))
        return undefined
      },
    )
    for (let index = 0; index < 2; index++) {
      const socket = connectSocket(listener.port, '127.0.0.1')
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.once('close', resolve))
    }
    expect(taken).toBe(2)
    expect(faults).toMatchObject([{ message: 'not today' }])
    await listener.close()
  })

  it('tells nobody of connections that were reset before they were taken', async () => {
    let taken = 0
    await using listener = await listenTcp({}, () => (taken += 1))
    // What Node.js says of a socket whose remote has gone while it stood in the backlog.
    const noAddress = vi
      .spyOn(Socket.prototype as unknown as { _getpeername(): object }, '_getpeername')
      .mockReturnValue({})
    const socket = connectSocket(listener.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('close', resolve))
    noAddress.mockRestore()
    expect(taken).toBe(0)
    expect(listener.connections).toBe(0)
  })
})

function fail(): never {
  throw new Error('not today')
}
