import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  baseRegistry,
  blockWeight,
  createRegistry,
  DecodeError,
  decodeBlock,
  decodeContents,
  decodePayload,
  decodePayloadWithTrailing,
  decodeTransaction,
  encodeBlock,
  encodeContents,
  encodePayload,
  encodeTransaction,
  packageMessages,
  transactionSize,
  transactionWeight,
  txid,
  wtxid,
} from '../src/index.ts'
import { block, messages, packages, transaction } from './arbitraries.ts'
import { toPlain } from './plain.ts'

const registry = createRegistry(baseRegistry, ...packageMessages)

describe('decode after encode gives the message', () => {
  for (const [type, arbitrary] of Object.entries({ ...messages, ...packages })) {
    it(type, () => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const { command, payload } = encodePayload(message, registry)
          const decoded = decodePayloadWithTrailing(command, payload, registry)
          expect(toPlain(decoded.message)).toEqual(toPlain(message))
          expect(decoded.trailingBytes).toBe(0)
          const contents = encodeContents({ command, payload }, registry.shortIds)
          expect(decodeContents(contents, registry.shortIds)).toEqual({ command, payload })
        }),
        { numRuns: 30 },
      )
    })
  }
})

describe('encode after decode gives the bytes', () => {
  for (const [type, arbitrary] of Object.entries({ ...messages, ...packages })) {
    it(type, () => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          const encoded = encodePayload(message, registry)
          expect(encodePayload(decodePayload(type, encoded.payload, registry), registry)).toEqual(encoded)
        }),
        { numRuns: 30 },
      )
    })
  }
})

describe('a part of a message is a message or a DecodeError', () => {
  for (const [type, arbitrary] of Object.entries({ ...messages, ...packages })) {
    it(type, () => {
      fc.assert(
        fc.property(
          arbitrary,
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(),
          fc.nat(255),
          (message, part, at, value) => {
            const { payload } = encodePayload(message, registry)
            const cut = payload.slice(0, Math.floor(payload.length * part))
            decodeOrRefuse(type, cut)
            if (payload.length > 0) payload[at % payload.length] = value
            decodeOrRefuse(type, payload)
          },
        ),
        { numRuns: 50 },
      )
    })
  }
})

function decodeOrRefuse(command: string, payload: Uint8Array): void {
  try {
    toPlain(decodePayload(command, payload, registry))
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
  }
}

describe('a transaction that was decoded and the same built by hand', () => {
  it('have one id, size and weight', () => {
    fc.assert(
      fc.property(transaction, (built) => {
        const bytes = encodeTransaction(built)
        const decoded = decodeTransaction(bytes)
        expect(decoded.version).toBe(built.version)
        expect(txid(decoded)).toEqual(txid(built))
        expect(wtxid(decoded)).toEqual(wtxid(built))
        expect(transactionSize(built)).toBe(bytes.length)
        expect(transactionSize(decoded)).toBe(bytes.length)
        expect(transactionSize(decoded, false)).toBe(transactionSize(built, false))
        expect(transactionWeight(decoded)).toBe(transactionWeight(built))
        expect(encodeTransaction(decoded, { witness: false })).toEqual(
          encodeTransaction(built, { witness: false }),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('blocks too', () => {
    fc.assert(
      fc.property(block, (built) => {
        const decoded = decodeBlock(encodeBlock(built))
        expect(blockWeight(decoded)).toBe(blockWeight(built))
        expect(encodeBlock(decoded, { witness: false })).toEqual(encodeBlock(built, { witness: false }))
      }),
      { numRuns: 30 },
    )
  })
})
