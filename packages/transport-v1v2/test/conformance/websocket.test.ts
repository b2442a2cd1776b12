import { type AddressInfo } from 'node:net'
import { regtest } from '@sapwood/wire-codec'
import { WebSocket, WebSocketServer } from 'ws'
import { describeByteStream, describeDialer, describeTransport } from '../../src/conformance/index.ts'
import { accept, type ByteStream, connect, neverFallback } from '../../src/index.ts'
import { createWebSocketDialer, websocketStream } from '../../src/websocket/index.ts'
import { arrivals, loopback, openHandles } from './tcp-fixture.ts'

async function serve() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const streams = arrivals<ByteStream>()
  server.on('connection', (socket) => streams.push(websocketStream(socket)))
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const dialer = createWebSocketDialer({ open: ({ port: at }) => new WebSocket(`ws://127.0.0.1:${at}`) })
  return {
    dialer,
    address: loopback(port),
    accepted: () => streams.next(),
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
