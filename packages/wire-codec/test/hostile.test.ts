import {
  baseRegistry,
  createRegistry,
  DecodeError,
  decodeContents,
  decodePayload,
  hexToBytes,
  packageMessages,
} from '../src/index.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageVectors, toPlain } from './plain.ts'

const registry = createRegistry(baseRegistry, ...packageMessages)
const SEVERITIES = ['drop', 'disconnect', 'discourage']

/** Decodes and reads every field of what comes out; anything but a message or a `DecodeError` escapes. */
function outcome(command: string, payload: Uint8Array): 'message' | DecodeError {
  let message
  try {
    message = decodePayload(command, payload, registry)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    expect(error.command).toBe(command)
    expect(SEVERITIES).toContain(error.severity)
    expect(error.offset).toBeGreaterThanOrEqual(0)
    expect(error.offset).toBeLessThanOrEqual(payload.length)
    expect(error.message).toContain(error.code)
    return error
  }
  toPlain(message)
  return 'message'
}

/** Vectors short enough to try every change of every byte. */
const shortVectors = messageVectors.filter(({ payload }) => payload.length <= 2 * 700)

describe('hostile payloads', () => {
  for (const { command, note, payload: hex } of messageVectors) {
    it(`${command} ${note}: every truncation is a message or a DecodeError`, () => {
      const payload = hexToBytes(hex)
      for (let length = 0; length < payload.length; length++) outcome(command, payload.slice(0, length))
    })
  }

  for (const { command, note, payload: hex } of shortVectors) {
    it(`${command} ${note}: every change of one byte is a message or a DecodeError`, () => {
      const payload = hexToBytes(hex)
      for (let index = 0; index < payload.length; index++) {
        const original = payload[index]!
        for (const value of changesOf(original)) {
          payload[index] = value
          outcome(command, payload)
        }
        payload[index] = original
      }
    })
  }

  it('any bytes under any command', () => {
    const commands = registry.codecs().map(({ command }) => command)
    fc.assert(
      fc.property(
        fc.constantFrom(...commands),
        fc.uint8Array({ maxLength: 400, size: 'max' }),
        (command, bytes) => {
          outcome(command, bytes)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('several changes of a valid payload', () => {
    const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(
        fc.constantFrom(...messageVectors),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (vector, changes) => {
          const payload = hexToBytes(vector.payload)
          for (const { at, value } of changes) if (payload.length > 0) payload[at % payload.length] = value
          outcome(vector.command, payload)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('any bytes as the contents of a packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const { command, payload } = decodeContents(bytes)
          expect(command).toMatch(/^[\x20-\x7f]{1,12}$/)
          expect(payload.length).toBeLessThan(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          expect((error as DecodeError).severity).toBe('drop')
        }
      }),
      { numRuns: 5_000 },
    )
  })
})

/** All of them where it is quick; else each bit, the borders of CompactSize, and the ends. */
function changesOf(byte: number): number[] {
  const changes = [0, 1, 2, 0x7f, 0x80, 0xfc, 0xfd, 0xfe, 0xff, byte + 1, byte - 1]
  for (let bit = 0; bit < 8; bit++) changes.push(byte ^ (1 << bit))
  return [...new Set(changes.map((value) => value & 0xff))].filter((value) => value !== byte)
}
