import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { PublishedMessage } from '@sapwood/publish'
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

  it('says that the disk of the server is full, keeps what it has acknowledged, and goes on when there is room', async () => {
    await using server = await startNatsServer({ configuration: 'jetstream { max_file_store: 100KB }\n' })
    const connection = await connect({ servers: server.address })
    const sink = createJetStreamSink({ connection }, STREAM)
    await sink.open()
    const { streams } = await jetstreamManager(connection)
    await streams.add({ name: 'other', subjects: ['other'] })
    for (let index = 0; index < 16; index++) {
      await jetstream(connection).publish('other', new Uint8Array(5_000))
    }
    const all = Array.from({ length: 20 }, (_, index) => ({
      ...{ kind: 'block', facts: {}, log: '00', run: '00', piece: 1, pieces: 1, position: {} },
      payload: new Uint8Array(5_000),
      sequence: index + 1,
    })) as PublishedMessage[]
    await expect(sink.append(all)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('insufficient resources') as string,
    })
    const { last } = await sink.open()
    await streams.delete('other')
    await sink.append(all.slice(last?.sequence ?? 0, 12))
    expect((await sink.open()).last?.sequence).toBe(12)
    await connection.close()
  })

  it('keeps to what a stream that was there takes: the size of its messages, and its subjects', async () => {
    await using server = await startNatsServer()
    const connection = await connect({ servers: server.address })
    const { streams } = await jetstreamManager(connection)
    await streams.add({ name: 'small', subjects: ['small.>'], max_msg_size: 4_096 })
    const small = createJetStreamSink({ connection }, { stream: 'small', prefix: 'small' })
    const { maxPayload } = await small.open()
    const payload = new Uint8Array(maxPayload)
    const facts = { Height: '7', Hash: '00'.repeat(32) }
    const message = { kind: 'block', facts, payload, sequence: 1, piece: 1, pieces: 1 } as const
    await small.append([{ ...message, log: '00', run: '00', position: {} }])
    expect((await small.open()).last?.payload).toHaveLength(maxPayload)
    expect(maxPayload).toBeLessThan(4_096)
    await streams.add({ name: 'narrow', subjects: ['narrow.*'] })
    const narrow = createJetStreamSink({ connection }, { stream: 'narrow', prefix: 'narrow' })
    await expect(narrow.open()).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'Stream narrow does not take narrow.headers.undone',
    })
    for (const names of [
      { stream: 'a.b', prefix: 'a' },
      { stream: 'a', prefix: 'a.*' },
    ])
      expect(() => createJetStreamSink({ connection }, names)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
    await connection.close()
  })
})
