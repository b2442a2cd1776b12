import { concatBytes, hexToBytes, MAX_UTREEXO_PROOF_SIZE, regtest, type Contents } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createV1Codec } from './v1-codec.ts'

const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

function framed(message: Contents): Uint8Array {
  const codec = createV1Codec(regtest.magic)
  codec.frame(message)
  return concatBytes(...codec.outbox.take())
}

function received(bytes: Uint8Array, size = bytes.length): Contents[] {
  const codec = createV1Codec(regtest.magic)
  const messages: Contents[] = []
  for (let offset = 0; offset < bytes.length; offset += size)
    codec.receive(bytes.slice(offset, offset + size), messages)
  expect(codec.atBoundary).toBe(true)
  return messages
}

describe('the v1 codec', () => {
  it('frames as everyone does', () => {
    expect(framed({ command: 'verack', payload: new Uint8Array(0) })).toEqual(
      hexToBytes('fabfb5da76657261636b000000000000000000005df6e0e2'),
    )
  })

  it('drops a message without a payload whose checksum is not that of nothing', () => {
    const bytes = framed({ command: 'verack', payload: new Uint8Array(0) })
    expect(received(bytes)).toHaveLength(1)
    for (const at of [20, 21, 22, 23])
      expect(received(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)))).toEqual([])
  })

  it.each([1, 2, 7, 23, 24, 25, 1_000])('takes chunks of %i bytes', (size) => {
    const bytes = concatBytes(
      framed({ command: 'ping', payload }),
      framed({ command: 'verack', payload: new Uint8Array(0) }),
      framed({ command: 'block', payload: new Uint8Array(20_000).fill(3) }),
    )
    expect(received(bytes, size)).toEqual([
      { command: 'ping', payload },
      { command: 'verack', payload: new Uint8Array(0) },
      { command: 'block', payload: new Uint8Array(20_000).fill(3) },
    ])
  })

  it('gives views of what arrived in one piece', () => {
    const bytes = framed({ command: 'ping', payload })
    const messages: Contents[] = []
    createV1Codec(regtest.magic).receive(bytes, messages)
    expect(messages[0]?.payload.buffer).toBe(bytes.buffer)
  })

  it('drops a message with a wrong checksum, and goes on', () => {
    const wrong = framed({ command: 'ping', payload })
    wrong[20]! ^= 1
    const codec = createV1Codec(regtest.magic)
    const messages: Contents[] = []
    codec.receive(concatBytes(wrong, framed({ command: 'pong', payload })), messages)
    expect(messages).toEqual([{ command: 'pong', payload }])
    expect(codec.counters().messagesDropped).toBe(1)
  })

  it.each([
    ['an unprintable character', 'pi\u0001g'],
    ['a character beyond 0x7e', 'ping\u007f'],
    ['characters after the padding', 'ping\0x'],
    ['nothing', ''],
  ])('drops a message whose command has %s', (_, command) => {
    const bytes = framed({ command: 'ping', payload })
    bytes.fill(0, 4, 16)
    bytes.set(
      Array.from(command, (character) => character.charCodeAt(0)),
      4,
    )
    expect(received(concatBytes(bytes, framed({ command: 'pong', payload })))).toEqual([
      { command: 'pong', payload },
    ])
  })

  it('ends with the header of a wrong magic', () => {
    const bytes = framed({ command: 'ping', payload })
    bytes[3]! ^= 1
    expect(() => received(bytes.slice(0, 24))).toThrow(
      expect.objectContaining({ code: 'wrong-magic', expected: 'fabfb5da', received: 'fabfb5db' }),
    )
  })

  it('ends with the header of a length over 4,000,000', () => {
    const bytes = framed({ command: 'ping', payload })
    new DataView(bytes.buffer).setUint32(16, 4_000_001, true)
    expect(() => received(bytes.slice(0, 24))).toThrow(
      expect.objectContaining({ code: 'message-too-large', received: 4_000_001, limit: 4_000_000 }),
    )
  })

  it('takes a larger message of the kind that is expected, and only while it is', () => {
    const header = framed({ command: 'uproof', payload })
    new DataView(header.buffer).setUint32(16, MAX_UTREEXO_PROOF_SIZE, true)
    const other = framed({ command: 'block', payload })
    new DataView(other.buffer).setUint32(16, 4_000_001, true)
    const codec = createV1Codec(regtest.magic)
    expect(() => received(header.slice(0, 24))).toThrow(
      expect.objectContaining({ code: 'message-too-large', limit: 4_000_000 }),
    )
    codec.payloadLimits.expect('uproof', true)
    codec.receive(header.slice(0, 24), [])
    expect(codec.missingBytes).toBe(MAX_UTREEXO_PROOF_SIZE)
    const next = createV1Codec(regtest.magic)
    next.payloadLimits.expect('uproof', true)
    expect(() => next.receive(other.slice(0, 24), [])).toThrow(
      expect.objectContaining({ code: 'message-too-large', limit: 4_000_000 }),
    )
  })

  it('sends a larger message of one kind only', () => {
    const codec = createV1Codec(regtest.magic)
    codec.frame({ command: 'uproof', payload: new Uint8Array(MAX_UTREEXO_PROOF_SIZE) })
    for (const [command, length] of [
      ['uproof', MAX_UTREEXO_PROOF_SIZE + 1],
      ['block', 4_000_001],
    ] as const)
      expect(() => codec.frame({ command, payload: new Uint8Array(length) })).toThrow(
        expect.objectContaining({ code: 'message-too-large' }),
      )
  })

  it('allocates for what has arrived, not for what was announced', () => {
    const header = framed({ command: 'block', payload: new Uint8Array(4_000_000) }).slice(0, 24)
    const before = process.memoryUsage().arrayBuffers
    const codecs = Array.from({ length: 200 }, () => {
      const codec = createV1Codec(regtest.magic)
      codec.receive(header, [])
      for (let byte = 0; byte < 200; byte++) codec.receive(Uint8Array.of(byte), [])
      return codec
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 64 * 1_024)
    expect(codecs).toHaveLength(200)
  })
})
