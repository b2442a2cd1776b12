import { connect } from '@nats-io/transport-node'
import { createJetStreamSink } from '@sapwood/publish/nats'
import { describePublishSink } from '@sapwood/publish/conformance'
import { describe, expect, it } from 'vitest'
import { startNatsServer } from '../../src/nats/nats-server.ts'

const STREAM = { stream: 'sapwood', prefix: 'sapwood.regtest' }

describePublishSink('JetStream', {
  open: async () => {
    const server = await startNatsServer()
    const connectTo = () =>
      connect({ servers: server.address, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const connection = await connectTo()
    const others: (typeof connection)[] = []
    return {
      sink: createJetStreamSink({ connection }, STREAM),
      another: async () => {
        const other = await connectTo()
        others.push(other)
        return createJetStreamSink({ connection: other }, STREAM)
      },
      crash: async () => {
        await server.kill()
        await server.start()
      },
      close: async () => {
        for (const each of [connection, ...others]) await each.close()
        await server.stop()
      },
    }
  },
})

describe('a JetStream sink', () => {
  it('refuses a server whose messages are too small, and says so of one that is gone', async () => {
    await using server = await startNatsServer({ maxPayload: 1_500 })
    const connection = await connect({ servers: server.address, reconnect: false })
    const sink = createJetStreamSink({ connection }, STREAM)
    await expect(sink.open()).rejects.toMatchObject({ code: 'payload-limit', limit: 1_500 })
    await server.kill()
    await connection.closed()
    await expect(sink.open()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
