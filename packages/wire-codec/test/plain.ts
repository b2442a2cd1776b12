import { bytesToHex } from '../src/index.ts'
import messages from './vectors/messages.json' with { type: 'json' }

/**
 * A value as the vectors spell it: bytes in hex, bigints in decimal,
 * class instances as the fields that they have.
 */
export function toPlain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: bytesToHex(value) }
  if (value instanceof Uint16Array || value instanceof Uint32Array) return { numbers: [...value] }
  if (value instanceof BigUint64Array) return { numbers: Array.from(value, String) }
  if (typeof value === 'bigint') return { bigint: value.toString() }
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(fieldsOf(value).map((field) => [field, toPlain(Reflect.get(value, field))]))
}

/** Classes over the bytes they were decoded from: their fields are getters. */
const LAZY_FIELDS = [
  ['version', 'inputs', 'outputs', 'lockTime'],
  ['height', 'coinbase', 'amount', 'script'],
]

function fieldsOf(value: object): string[] {
  return LAZY_FIELDS.find((fields) => fields.every((field) => field in value)) ?? Object.keys(value)
}

/** The opposite of {@link toPlain}: plain objects only, so that a transaction is encoded field by field. */
export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain)
  if (typeof value !== 'object' || value === null) return value
  if ('bytes' in value && typeof value.bytes === 'string')
    return Uint8Array.from(Buffer.from(value.bytes, 'hex'))
  if ('bigint' in value && typeof value.bigint === 'string') return BigInt(value.bigint)
  if ('numbers' in value && Array.isArray(value.numbers)) return value.numbers.map(fromNumber)
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, fromPlain(each)]))
}

function fromNumber(value: unknown): unknown {
  return typeof value === 'string' ? BigInt(value) : value
}

/** One payload and what it means, made by a program that shares nothing with this package. */
export interface MessageVector {
  readonly command: string
  readonly note: string
  /** Hex. */
  readonly payload: string
  /** Whether encoding the message gives the same payload again. */
  readonly canonical: boolean
  readonly message: { readonly type: string }
}

/** One or more for each message. */
export const messageVectors: readonly MessageVector[] = messages
