import { regtest } from '@sapwood/wire-codec'
import { describeTransport, type TransportPair } from '../../src/conformance/index.ts'
import {
  accept,
  type ByteStream,
  connect,
  type ConnectOptions,
  neverFallback,
  onlyV1,
  streamPair,
} from '../../src/index.ts'
import { loopback, tcpPair } from './tcp-fixture.ts'

type Streams = { near: ByteStream; far: ByteStream; close?(): Promise<void> }

async function agree(streams: Streams, options: Partial<ConnectOptions>): Promise<TransportPair> {
  const dialer = { dial: () => Promise.resolve(streams.near) }
  const network = regtest
  const connecting = connect(loopback(1), { dialer, network, ...options })
  if (options.fallback === onlyV1) {
    // A v1 responder knows the protocol by the first message.
    const near = await connecting
    near.writer.send({ command: 'version', payload: new Uint8Array(0) })
    const far = await accept(streams.far, { network })
    await far.reader.read()
    return { near, far, ...(streams.close !== undefined && { close: streams.close }) }
  }
  const [near, far] = await Promise.all([connecting, accept(streams.far, { network })])
  return { near, far, ...(streams.close !== undefined && { close: streams.close }) }
}

function inMemory(portion?: (available: number) => number): Streams {
  const [near, far] = streamPair(portion === undefined ? {} : { portion })
  return { near, far }
}

describeTransport('v2 in memory', { open: () => agree(inMemory(), { fallback: neverFallback }) })
describeTransport('v1 in memory', { open: () => agree(inMemory(), { fallback: onlyV1 }) })
describeTransport('v2 in odd portions', {
  open: () =>
    agree(
      inMemory((available) => (available % 1_447) + 1),
      { fallback: neverFallback },
    ),
})
describeTransport('v1 in odd portions', {
  open: () =>
    agree(
      inMemory((available) => (available % 1_447) + 1),
      { fallback: onlyV1 },
    ),
})
describeTransport('v2 over TCP', { open: async () => agree(await tcpPair(), { fallback: neverFallback }) })
describeTransport('v1 over TCP', { open: async () => agree(await tcpPair(), { fallback: onlyV1 }) })
