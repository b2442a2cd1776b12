import { createServer, connect as connectSocket, type Socket } from 'node:net'
import type { NetworkAddress } from '@sapwood/wire-codec'
import { regtest } from '@sapwood/wire-codec'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { accept, connect, neverFallback, type Transport } from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'
import { nativeBackend } from '../../src/native/index.ts'

/** Pairs of connections in this process: 2,000 ends. */
const IDLE_PAIRS = 1_000
/** Turns of first connection, 2,000 idle ends, last connection. */
const TURNS = 5
/** Connections opened and used for one figure of a turn. */
const SAMPLES = 9
/** The goal: what an idle connection may hold beyond its socket. */
const ALLOWED_KIB = 16

const loopback = (port: number): NetworkAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port,
})

/** Bytes that two ends of a bare connection hold, sockets alone. */
async function bareSocketPair(): Promise<number> {
  const far: Socket[] = []
  const server = createServer((socket) => far.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const near: Socket[] = []
  const before = await heldBytes()
  for (let index = 0; index < IDLE_PAIRS; index++) {
    const socket = connectSocket(port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    near.push(socket)
  }
  while (far.length < IDLE_PAIRS) await new Promise((resolve) => setImmediate(resolve))
  const bytes = ((await heldBytes()) - before) / (2 * IDLE_PAIRS)
  for (const socket of [...near, ...far]) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
  return bytes
}

export default async function bench(emit: Emit): Promise<void> {
  const socketBytes = await bareSocketPair()
  const accepted: Promise<Transport>[] = []
  const listener = await listenTcp({ maxConnections: 2 * IDLE_PAIRS }, (stream) => {
    accepted.push(accept(stream, { network: regtest }, { crypto: nativeBackend }))
  })
  const dialer = createTcpDialer()
  const open = async (): Promise<readonly [Transport, Transport, number]> => {
    const start = process.hrtime.bigint()
    const near = await connect(
      loopback(listener.port),
      { dialer, network: regtest, fallback: neverFallback },
      { crypto: nativeBackend },
    )
    const far = await accepted.shift()!
    return [near, far, Number(process.hrtime.bigint() - start) / 1e6]
  }
  const end = async (transports: readonly Transport[]): Promise<void> => {
    const left = listener.connections - transports.length / 2
    for (const transport of transports) transport.abort(new Error('end of turn'))
    while (listener.connections > left) await new Promise((resolve) => setImmediate(resolve))
  }
  const throughput = async (near: Transport, far: Transport): Promise<number> => {
    const payload = new Uint8Array(1_000_000)
    const count = 30
    const start = process.hrtime.bigint()
    const sending = (async () => {
      for (let index = 0; index < count; index++) {
        if (!near.writer.send({ command: 'block', payload })) await near.writer.ready()
      }
    })()
    for (let received = 0; received < count; ) received += (await far.reader.read())?.length ?? count
    await sending
    return (count * payload.length) / (Number(process.hrtime.bigint() - start) / 1e9) / 1e6
  }
  const sample = async (): Promise<readonly [number, number]> => {
    globalThis.gc?.()
    const handshakes: number[] = []
    const rates: number[] = []
    const kept: Transport[] = []
    for (let round = 0; round < SAMPLES; round++) {
      const [near, far, milliseconds] = await open()
      handshakes.push(milliseconds)
      rates.push(await throughput(near, far))
      kept.push(near, far)
    }
    await end(kept)
    return [median(handshakes), median(rates)]
  }
  const openIdle = async (): Promise<readonly Transport[]> => {
    const idle: Transport[] = []
    while (idle.length < 2 * IDLE_PAIRS) {
      const [near, far] = await open()
      idle.push(near, far)
    }
    return idle
  }

  await sample()
  const beyond: number[] = []
  const first: (readonly [number, number])[] = []
  const last: (readonly [number, number])[] = []
  const amongIdle = async (): Promise<void> => {
    const before = await heldBytes()
    const idle = await openIdle()
    beyond.push(((await heldBytes()) - before) / idle.length - socketBytes)
    last.push(await sample())
    await end(idle)
  }
  // Turn and turn about: what drifts in a process as it runs then weighs on both alike.
  for (let turn = 0; turn < TURNS; turn++) {
    first.push(await sample())
    await amongIdle()
  }
  first.push(await sample())
  await listener.close()

  emit(
    figure({
      name: 'idle-connection',
      unit: 'KiB',
      better: 'lower',
      ours: median(beyond) / 1_024,
      reference: ALLOWED_KIB,
      referenceName: 'allowed beyond the socket',
    }),
  )
  emit(
    figure({
      name: 'nth-connection-handshake',
      unit: 'ms',
      better: 'lower',
      ours: median(last.map(([handshake]) => handshake)),
      reference: median(first.map(([handshake]) => handshake)),
      referenceName: 'the first connection',
    }),
  )
  emit(
    figure({
      name: 'nth-connection-throughput',
      unit: 'MB/s',
      better: 'higher',
      ours: median(last.map(([, rate]) => rate)),
      reference: median(first.map(([, rate]) => rate)),
      referenceName: 'the first connection',
    }),
  )
}
