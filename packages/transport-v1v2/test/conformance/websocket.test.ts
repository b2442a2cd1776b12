import { type AddressInfo } from 'node:net'
import { regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { describeByteStream, describeDialer, describeTransport } from '../../src/conformance/index.ts'
import { accept, AsyncQueue, type ByteStream, connect, neverFallback, onlyV1 } from '../../src/index.ts'
import { createWebSocketDialer, websocketStream } from '../../src/websocket/index.ts'
import { loopback, openHandles } from './tcp-fixture.ts'

async function serve() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const streams = new AsyncQueue<ByteStream>()
  server.on('connection', (socket) => streams.push(websocketStream(socket)))
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const dialer = createWebSocketDialer({ open: ({ port: at }) => new WebSocket(`ws://127.0.0.1:${at}`) })
  return {
    dialer,
    address: loopback(port),
    accepted: async () => (await streams.take(undefined))!,
    close: () =>
      new Promise<void>((resolve) => {
        for (const client of server.clients) client.terminate()
        server.close(() => resolve())
      }),
  }
}

async function pair() {
  const server = await serve()
  const signal = new AbortController().signal
  const [near, far] = await Promise.all([server.dialer.dial(server.address, { signal }), server.accepted()])
  return { near, far, close: server.close }
}

describeByteStream('WebSocket', { open: pair, handles: openHandles })

describeDialer('WebSocket', {
  open: async () => {
    const gone = await serve()
    await gone.close()
    return { ...(await serve()), refusing: gone.address }
  },
  handles: openHandles,
})

describeTransport('v2 over WebSocket', {
  open: async () => {
    const streams = await pair()
    const dialer = { dial: () => Promise.resolve(streams.near) }
    const [near, far] = await Promise.all([
      connect(loopback(1), { dialer, network: regtest, fallback: neverFallback }),
      accept(streams.far, { network: regtest }),
    ])
    return { near, far, close: streams.close }
  },
})

it('a WebSocket that cannot be paused, as in a browser, fails once 64 MiB wait to be read', async () => {
  const server = await serve()
  const socket = new WebSocket(`ws://127.0.0.1:${server.address.port}`)
  Object.defineProperty(socket, 'pause', { value: undefined })
  const limit = 64 * 1024 * 1024
  let arrived = 0
  const flooded = new Promise<void>((resolve) => {
    socket.on('message', (data: ArrayBuffer) => {
      arrived += data.byteLength
      if (arrived > limit) resolve()
    })
  })
  const near = websocketStream(socket)
  const far = await server.accepted()
  const ended = far.read()
  ended.catch(() => undefined)
  const chunk = new Uint8Array(1024 * 1024)
  for (let sent = 0; sent <= limit; sent += chunk.length) await far.write(chunk)
  await flooded
  const connection = connect(loopback(1), {
    dialer: { dial: () => Promise.resolve(near) },
    network: regtest,
    fallback: onlyV1,
  })
  const { reader } = await connection
  await expect(reader.read()).rejects.toMatchObject({ code: 'unread-overflow', limit })
  await expect(ended).rejects.toMatchObject({ code: 'stream-failed' })
  await server.close()
})
