import { createServer, connect as connectSocket, type Socket } from 'node:net'
import type { NetworkAddress } from '@sapwood/wire-codec'
import { regtest } from '@sapwood/wire-codec'
import { type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { accept, connect, neverFallback, type Transport } from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'
import { nativeBackend } from '../../src/native/index.ts'

/** Pairs of connections in this process: 2,000 ends. */
const IDLE_PAIRS = 1_000
/** What the issue allows each idle connection beyond its socket. */
const ALLOWED_KIB = 16

/** Everything held: V8's heap and what lies outside of it. */
function held(): number {
  for (let round = 0; round < 4; round++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

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
  const before = held()
  for (let index = 0; index < IDLE_PAIRS; index++) {
    const socket = connectSocket(port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    near.push(socket)
  }
  while (far.length < IDLE_PAIRS) await new Promise((resolve) => setImmediate(resolve))
  const bytes = (held() - before) / (2 * IDLE_PAIRS)
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
    const index = accepted.length
    const start = process.hrtime.bigint()
    const near = await connect(
      loopback(listener.port),
      { dialer, network: regtest, fallback: neverFallback },
      { crypto: nativeBackend },
    )
    const far = await accepted[index]!
    return [near, far, Number(process.hrtime.bigint() - start) / 1e6]
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
  const sample = async (): Promise<readonly [number, number, readonly Transport[]]> => {
    const handshakes: number[] = []
    const rates: number[] = []
    const kept: Transport[] = []
    for (let round = 0; round < 9; round++) {
      const [near, far, milliseconds] = await open()
      handshakes.push(milliseconds)
      rates.push(await throughput(near, far))
      kept.push(near, far)
    }
    return [median(handshakes), median(rates), kept]
  }

  await sample()
  const [firstHandshake, firstRate] = await sample()
  const before = held()
  const idle: Transport[] = []
  while (idle.length < 2 * IDLE_PAIRS) idle.push(...((await open()).slice(0, 2) as Transport[]))
  const beyond = (held() - before) / idle.length - socketBytes
  emit(
    figure({
      name: 'idle-connection',
      unit: 'KiB',
      better: 'lower',
      ours: beyond / 1_024,
      reference: ALLOWED_KIB,
      referenceName: 'allowed beyond the socket',
    }),
  )
  const [lastHandshake, lastRate] = await sample()
  emit(
    figure({
      name: 'nth-connection-handshake',
      unit: 'ms',
      better: 'lower',
      ours: lastHandshake,
      reference: firstHandshake,
      referenceName: 'the first connection',
    }),
  )
  emit(
    figure({
      name: 'nth-connection-throughput',
      unit: 'MB/s',
      better: 'higher',
      ours: lastRate,
      reference: firstRate,
      referenceName: 'the first connection',
    }),
  )
  await listener.close()
  for (const transport of idle) transport.abort(new Error('end of bench'))
}
