import { fork } from 'node:child_process'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { listenTcp } from '@sapwood/transport-v1v2/tcp'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'

const CLIENTS = 500
/** Clients that are dialled at the same time. */
const AT_ONCE = 50
/** Bytes that the peer sends to each, in one piece: a compact filter of a full block is about as long. */
const PIECE = 25_000
const PIECES = 40

interface Measured {
  readonly held: number
  readonly cpu: number
}

/** What a relay costs: the memory of a client that says nothing, and processor time for what is carried. */
const bench: Bench = async (emit) => {
  const streams: { readonly write: (bytes: Uint8Array) => Promise<void> }[] = []
  await using peer = await listenTcp(
    { host: '127.0.0.1', port: 0, maxConnections: CLIENTS },
    (stream) => void streams.push(stream),
  )
  const child = fork(
    new URL('relay-process.ts', import.meta.url),
    [`127.0.0.1:${peer.port}`, String(CLIENTS)],
    {
      execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx'), '--conditions=@sapwood/source'],
    },
  )
  try {
    const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }]
    const measured = async (): Promise<Measured> => {
      const told = once(child, 'message')
      child.send('')
      return ((await told) as [Measured])[0]
    }
    const empty = await measured()
    let received = 0
    const sockets: WebSocket[] = []
    while (sockets.length < CLIENTS) {
      const opened = Array.from({ length: AT_ONCE }, () => new WebSocket(`${url}/`))
      await Promise.all(opened.map((socket) => once(socket, 'open')))
      sockets.push(...opened)
    }
    for (const socket of sockets) socket.on('message', (data: Buffer) => (received += data.length))
    while (streams.length < CLIENTS) await new Promise((resolve) => setImmediate(resolve))
    const idle = await measured()
    const row = (name: string, unit: string, ours: number): void =>
      emit(figure({ name: `relay: ${name}`, unit, better: 'lower', ours }))
    row('memory of a client', 'B', (idle.held - empty.held) / CLIENTS)
    row('to take a client', 'ms CPU', (idle.cpu - empty.cpu) / CLIENTS)
    const piece = new Uint8Array(PIECE)
    const before = await measured()
    for (let at = 0; at < PIECES; at++) {
      await Promise.all(streams.map((stream) => stream.write(piece)))
    }
    while (received < CLIENTS * PIECES * PIECE) await new Promise((resolve) => setImmediate(resolve))
    const after = await measured()
    row('a megabyte carried', 'ms CPU', ((after.cpu - before.cpu) * 1e6) / received)
    for (const socket of sockets) socket.terminate()
  } finally {
    child.kill()
  }
}

export default bench
