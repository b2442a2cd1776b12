import type { NetworkAddress } from '@sapwood/wire-codec'
import { AsyncQueue, type ByteStream } from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'

export const loopback = (port: number): NetworkAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port,
})

/** Sockets and servers that keep this process busy. */
export function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length
}

export async function tcpPair(): Promise<{ near: ByteStream; far: ByteStream; close(): Promise<void> }> {
  const streams = new AsyncQueue<ByteStream>()
  const listener = await listenTcp({}, (stream) => streams.push(stream))
  const dialling = createTcpDialer().dial(loopback(listener.port), { signal: new AbortController().signal })
  const [near, far] = await Promise.all([dialling, streams.take(undefined)])
  return { near, far: far!, close: () => listener.close() }
}
