import { once } from 'node:events'
import { type ByteStream, streamPair, type Dialer } from '@sapwood/transport-v1v2'
import { parsePeerAddress } from '@sapwood/wire-codec'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
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
): Promise<{ readonly status: number; readonly socket: WebSocket }> {
  const socket = new WebSocket(url, origin === undefined ? {} : { origin })
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
    await vi.waitFor(() => expect(peers).toHaveLength(1))
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
      await vi.waitFor(() => expect(peers).toHaveLength(12))
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
    await vi.waitFor(async () => expect((await ask(relay.url)).status).toBe(101))
    finish()
  })
})
