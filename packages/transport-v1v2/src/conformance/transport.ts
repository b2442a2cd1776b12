import { type Contents, MAX_PAYLOAD_SIZE } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { Transport } from '../transport/transport.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { expectBytes, pattern } from './streams.ts'

/** Two ends of one connection, agreed on a protocol. */
export interface TransportPair {
  readonly near: Transport
  readonly far: Transport
  close?(): Promise<void>
}

/** How the transports of one test are made. */
export interface TransportConformance {
  open(): Promise<TransportPair>
}

/** Messages of 100,000 bytes that a transport may swallow before it makes its sender wait. */
const MAX_QUEUED = 1_000

/** What every `Transport` has to do, as vitest tests. Call it at the top of a test file. */
export function describeTransport(name: string, conformance: TransportConformance): void {
  const withPair = (test: (pair: TransportPair) => Promise<void>) => async (): Promise<void> => {
    const pair = await conformance.open()
    try {
      await test(pair)
    } finally {
      pair.near.abort(new Error('end of test'))
      pair.far.abort(new Error('end of test'))
      await pair.close?.()
    }
  }

  describe(`Transport: ${name}`, () => {
    it(
      'agrees with the other side on protocol and session',
      withPair(({ near, far }) => {
        expect(near.protocol).toBe(far.protocol)
        expect(near.sessionId).toEqual(far.sessionId)
        expect(near.sessionId?.length).toBe(near.protocol === 'v2' ? 32 : undefined)
        return Promise.resolve()
      }),
    )

    it(
      'carries messages of every size, in order, both ways',
      withPair(async ({ near, far }) => {
        const messages = [0, 1, 31, 32, 4_095, 4_096, 65_536, 1_000_000, MAX_PAYLOAD_SIZE, 0, 5].map(
          (length, index) => ({
            command: index % 2 === 0 ? 'block' : 'some command',
            payload: pattern(length),
          }),
        )
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          for (const message of messages) from.writer.send(message)
          const received = await receive(to, messages.length)
          expect(received.map(({ command }) => command)).toEqual(messages.map(({ command }) => command))
          for (const [index, { payload }] of received.entries())
            expectBytes(payload, messages[index]!.payload)
        }
      }),
    )

    it(
      'gives many small messages in few reads',
      withPair(async ({ near, far }) => {
        for (let index = 0; index < 1_000; index++) {
          near.writer.send({ command: 'ping', payload: Uint8Array.of(index, index >> 8) })
        }
        const received: Contents[] = []
        let reads = 0
        for (; received.length < 1_000; reads++) received.push(...((await far.reader.read()) ?? []))
        expect(received.map(({ payload }) => payload[0]! | (payload[1]! << 8))).toEqual(
          Array.from({ length: 1_000 }, (_, index) => index),
        )
        expect(reads).toBeLessThan(100)
      }),
    )

    it(
      'refuses messages that no frame can carry, and goes on',
      withPair(async ({ near, far }) => {
        const payload = new Uint8Array(0)
        for (const command of ['', 'thirteen char', 'tab\there', 'ünicode']) {
          expect(() => near.writer.send({ command, payload })).toThrow(
            expect.objectContaining({ code: 'invalid-command' }),
          )
        }
        expect(() =>
          near.writer.send({ command: 'tx', payload: new Uint8Array(MAX_PAYLOAD_SIZE + 1) }),
        ).toThrow(expect.objectContaining({ code: 'message-too-large', limit: MAX_PAYLOAD_SIZE }))
        near.writer.send({ command: 'verack', payload })
        expect(await receive(far, 1)).toEqual([{ command: 'verack', payload }])
      }),
    )

    it(
      'tells its sender to wait while the remote does not read',
      withPair(async ({ near, far }) => {
        const payload = pattern(100_000)
        let sent = 0
        while (sent < MAX_QUEUED) {
          sent += 1
          if (!near.writer.send({ command: 'tx', payload })) break
          if (sent % 10 === 0) await settleMicrotasks()
        }
        expect(sent).toBeLessThan(MAX_QUEUED)
        expect(near.writer.queuedBytes).toBeGreaterThan(0)
        const ready = near.writer.ready()
        expect(await receive(far, sent)).toHaveLength(sent)
        await ready
        expect(near.writer.send({ command: 'tx', payload: new Uint8Array(0) })).toBe(true)
      }),
    )

    it(
      'delivers everything before a clean end, which is null',
      withPair(async ({ near, far }) => {
        near.writer.send({ command: 'tx', payload: pattern(500_000) })
        const closing = near.writer.close()
        const [message] = await receive(far, 1)
        expectBytes(message!.payload, pattern(500_000))
        expect(await far.reader.read()).toBeNull()
        expect(await far.reader.read()).toBeNull()
        await closing
        expect(() => near.writer.send({ command: 'tx', payload: new Uint8Array(0) })).toThrow(
          expect.objectContaining({ code: 'closed' }),
        )
        far.writer.send({ command: 'pong', payload: Uint8Array.of(1) })
        expect(await receive(near, 1)).toEqual([{ command: 'pong', payload: Uint8Array.of(1) }])
        await far.writer.close()
        expect(await near.reader.read()).toBeNull()
      }),
    )

    it(
      'ends pending calls with the reason it is aborted with, and later ones',
      withPair(async ({ near, far }) => {
        const reason = new Error('the reason')
        const reading = near.reader.read()
        near.abort(reason)
        await expect(reading).rejects.toBe(reason)
        await expect(near.reader.read()).rejects.toBe(reason)
        await expect(near.writer.ready()).rejects.toBe(reason)
        expect(() => near.writer.send({ command: 'tx', payload: new Uint8Array(0) })).toThrow(
          expect.objectContaining({ code: 'closed', cause: reason }),
        )
        await expect(far.reader.read()).rejects.toMatchObject({ name: 'TransportError' })
      }),
    )

    it(
      'counts what crosses it',
      withPair(async ({ near, far }) => {
        const before = { near: near.stats(), far: far.stats() }
        near.writer.send({ command: 'inv', payload: new Uint8Array(37) })
        near.writer.send({ command: 'inv', payload: new Uint8Array(3) })
        near.writer.send({ command: 'tx', payload: new Uint8Array(1) })
        await receive(far, 3)
        const after = { near: near.stats(), far: far.stats() }
        expect(after.near.messagesSent - before.near.messagesSent).toBe(3)
        expect(after.far.messagesReceived - before.far.messagesReceived).toBe(3)
        expect(after.far.received.get('inv')).toEqual({ messages: 2, bytes: 40 })
        expect(after.near.sent.get('tx')).toEqual({ messages: 1, bytes: 1 })
        expect(after.near.bytesSent).toBe(after.far.bytesReceived)
      }),
    )
  })
}

async function receive(transport: Transport, count: number): Promise<Contents[]> {
  const messages: Contents[] = []
  while (messages.length < count) {
    const batch = await transport.reader.read()
    if (batch === null) throw new Error(`The connection ended ${count - messages.length} messages early`)
    messages.push(...batch)
  }
  return messages
}
