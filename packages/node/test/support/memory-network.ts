import { formatPeerAddress, type NetworkAddress, parsePeerAddress } from '@sapwood/wire-codec'
import { type ByteStream, type Dialer, streamPair } from '@sapwood/transport-v1v2'
import type { InboundStream, Listener } from '../../src/index.ts'

/** Hosts in one process that dial each other, without sockets. */
export interface MemoryNetwork {
  /** How the host at `address` reaches the others. */
  dialerOf(address: string): Dialer
  /** Where the host at `address` is reached. */
  listenerOf(address: string): Listener
  /** Answers a dial to `address` with a stream that the test holds. */
  answer(address: string, onStream: (stream: ByteStream) => void): void
  readonly dialled: string[]
}

export function createMemoryNetwork(): MemoryNetwork {
  const hosts = new Map<string, (inbound: InboundStream) => void>()
  const dialled: string[] = []
  return {
    dialled,
    dialerOf: (from) => ({
      dial: async (address, { signal }) => {
        signal.throwIfAborted()
        const to = formatPeerAddress(address)
        dialled.push(to)
        const host = hosts.get(to)
        if (host === undefined) throw new Error(`connection refused by ${to}`)
        const [near, far] = streamPair()
        host({ stream: far, address: parse(from), via: 'tcp', localAddress: to })
        return near
      },
    }),
    listenerOf: (address) => ({
      listen: async (onStream) => {
        hosts.set(address, onStream)
        return {
          address,
          announce: parse(address),
          close: async () => {
            hosts.delete(address)
          },
        }
      },
    }),
    answer: (address, onStream) => void hosts.set(address, ({ stream }) => onStream(stream)),
  }
}

function parse(text: string): NetworkAddress {
  return parsePeerAddress(text, { defaultPort: 18444 }) as NetworkAddress
}
