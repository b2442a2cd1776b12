import type { NetworkAddress } from '@sapwood/wire-codec'
import type { ByteStream } from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'

export const loopback = (port: number): NetworkAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port,
})

/** Hands over things as they arrive to whoever asks for them, in order. */
export function arrivals<T>(): { push(value: T): void; next(): Promise<T> } {
  const values: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    push: (value) => {
      const resolve = waiting.shift()
      if (resolve === undefined) values.push(value)
      else resolve(value)
    },
    next: () =>
      new Promise((resolve) => {
        const value = values.shift()
        if (value === undefined) waiting.push(resolve)
        else resolve(value)
      }),
  }
}

/** Sockets and servers that keep this process busy. */
export function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length
}

export async function tcpPair(): Promise<{ near: ByteStream; far: ByteStream; close(): Promise<void> }> {
  const streams = arrivals<ByteStream>()
  const listener = await listenTcp({}, (stream) => streams.push(stream))
  const dialling = createTcpDialer().dial(loopback(listener.port), { signal: new AbortController().signal })
  const [near, far] = await Promise.all([dialling, streams.next()])
  return { near, far, close: () => listener.close() }
}
