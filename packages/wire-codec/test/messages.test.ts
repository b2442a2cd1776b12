import {
  baseRegistry,
  bytesToHex,
  decodeContents,
  decodePayload,
  decodePayloadWithTrailing,
  encodeContents,
  encodePayload,
  hexToBytes,
  type Message,
} from '../src/index.ts'
import { describe, expect, it } from 'vitest'
import { fromPlain, messageVectors, toPlain } from './plain.ts'

const READ_ONLY = ['reject', 'alert']

/** The 13-byte form of any command, whether it has a short id or not. */
function longForm(command: string, payload: Uint8Array): Uint8Array {
  const contents = new Uint8Array(13 + payload.length)
  contents.set(new TextEncoder().encode(command), 1)
  contents.set(payload, 13)
  return contents
}

describe('message vectors', () => {
  it('has one for every message of the registry', () => {
    const commands = new Set(messageVectors.map((vector) => vector.command))
    expect(baseRegistry.codecs().filter(({ command }) => !commands.has(command))).toEqual([])
  })

  for (const { command, note, payload: hex, canonical, message } of messageVectors) {
    describe(`${command}${note === '' ? '' : `: ${note}`}`, () => {
      const payload = hexToBytes(hex)

      it('decodes', () => {
        const decoded = decodePayloadWithTrailing(command, payload, baseRegistry)
        expect(toPlain(decoded.message)).toEqual(message)
        expect(decoded.trailingBytes).toBe(command === 'pong' && !canonical ? payload.length : 0)
      })

      it('decodes at any place in a larger buffer', () => {
        const padded = new Uint8Array(payload.length + 14).fill(0xa5)
        padded.set(payload, 7)
        expect(toPlain(decodePayload(command, padded.subarray(7, 7 + payload.length)))).toEqual(message)
      })

      it('means the same in the short and the long form of BIP324', () => {
        for (const contents of [encodeContents({ command, payload }), longForm(command, payload)]) {
          const split = decodeContents(contents)
          expect(split.command).toBe(command)
          expect(toPlain(decodePayload(split.command, split.payload))).toEqual(message)
        }
      })

      if (READ_ONLY.includes(command)) {
        it('is never sent', () => {
          expect(() => encodePayload(decodePayload(command, payload))).toThrow(RangeError)
        })
      } else {
        it('encodes', () => {
          const fromDecoded = encodePayload(decodePayload(command, payload))
          expect(fromDecoded.command).toBe(command)
          if (canonical) expect(bytesToHex(fromDecoded.payload)).toBe(hex)
          expect(toPlain(decodePayload(command, fromDecoded.payload))).toEqual(message)
          expect(encodePayload(fromPlain(message) as Message)).toEqual(fromDecoded)
        })
      }

      if (command !== 'feature') {
        it('accepts and reports what follows it, as Core does', () => {
          const longer = new Uint8Array(payload.length + 100)
          longer.set(payload)
          const accepted = canonical && command !== 'ping' && command !== 'pong' && !hasOpenEnd(command)
          if (!accepted) return
          const decoded = decodePayloadWithTrailing(command, longer, baseRegistry)
          expect(toPlain(decoded.message)).toEqual(message)
          expect(decoded.trailingBytes).toBe(100)
        })
      }
    })
  }
})

/** A message that takes all that is there. */
function hasOpenEnd(command: string): boolean {
  return command === 'usummary'
}
