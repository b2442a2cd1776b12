import { startMicrosocks } from '@sapwood/integration'
import { createSocks5Dialer } from '@sapwood/proxy'
import type { Dialer } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import type { NetworkAddress } from '@sapwood/wire-codec'
import { type Bench, compare } from '../../../../tools/bench/measure.ts'
import { drainSocket, plainSocks5 } from './plain-socks5.ts'
import { startSource } from './source.ts'

/** Bytes of one transfer. */
const TRANSFER = 32 * 1024 * 1024

const loopback = (port: number): NetworkAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port,
})
const signal = new AbortController().signal

async function drain(dialer: Dialer, port: number, expected: number): Promise<number> {
  const stream = await dialer.dial(loopback(port), { signal })
  let bytes = 0
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) bytes += chunk.length
  await stream.close()
  if (bytes !== expected) throw new Error(`${bytes} bytes, not ${expected}`)
  return bytes
}

/**
 * Our SOCKS5 dialer through a real server (microsocks), beside a bare socket through the same one, and beside
 * no proxy.
 */
const bench: Bench = async (emit) => {
  await using server = await startMicrosocks()
  const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port } })
  const direct = createTcpDialer()

  await using tiny = await startSource(1)
  await compare(
    {
      name: 'dials through SOCKS5',
      unit: 'dials/s',
      better: 'higher',
      toFigure: (seconds) => 1 / seconds,
      turnMilliseconds: 200,
      ours: { name: 'SOCKS5 dialer', run: () => drain(dialer, tiny.port, 1) },
      references: [
        {
          name: 'bare socket, same server',
          run: async () => await drainSocket(await plainSocks5(server.port, tiny.port)),
        },
        { name: 'direct', run: () => drain(direct, tiny.port, 1) },
      ],
    },
    emit,
  )

  await using source = await startSource(TRANSFER)
  await compare(
    {
      name: 'bytes through SOCKS5',
      unit: 'MB/s',
      better: 'higher',
      toFigure: (seconds) => TRANSFER / 1e6 / seconds,
      turnMilliseconds: 200,
      ours: { name: 'SOCKS5 dialer', run: () => drain(dialer, source.port, TRANSFER) },
      references: [
        {
          name: 'bare socket, same server',
          run: async () => await drainSocket(await plainSocks5(server.port, source.port)),
        },
        { name: 'direct', run: () => drain(direct, source.port, TRANSFER) },
      ],
    },
    emit,
  )
}
export default bench
