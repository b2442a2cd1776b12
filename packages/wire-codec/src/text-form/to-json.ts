import { formatPeerAddress } from '../addresses/format-peer-address.ts'
import type { PeerAddress } from '../addresses/network-address.ts'
import { isBytes } from '../arguments/describe-value.ts'
import { hashToHex } from '../bytes/hash-text.ts'
import { bytesToHex } from '../bytes/hex.ts'
import { HASH_SIZE } from '../hash/hashes.ts'

/** What `JSON.stringify` takes as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Fields that hold a hash, which people read in reverse (or hold a list of them). */
const HASH_FIELDS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'hash',
  'blockHash',
  'filterHashes',
  'filterHeaders',
  'hashes',
  'locator',
  'merkleRoot',
  'previousBlockHash',
  'previousFilterHeader',
  'stopHash',
  'txid',
  'wtxid',
  'wtxids',
])

/** How much of a value is made into text. */
export interface TextLimits {
  /** Elements of a list, of which there may be 50,000. */
  readonly items: number
  /** Bytes of a field, of which there may be millions. */
  readonly bytes: number
  /** A console shows `7n`, JSON has no such thing. */
  readonly keepsBigints: boolean
}

const ALL: TextLimits = {
  items: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  keepsBigints: false,
}

/**
 * A message, a block, a transaction or any part of them in a form for people and for JSON: a hash in the text
 * form that explorers show (hex of the reversed bytes), all other bytes in hex as they are, what has 64 bits
 * (amounts, services, nonces) in decimal digits, an address as text, and the rest as it is. A field that is
 * absent stays absent. What is decoded has this form under `JSON.stringify`, and shortened under
 * `console.log`.
 * @example
 * toJson({ type: 'ping', nonce: 7n }) // { type: 'ping', nonce: '7' }
 */
export function toJson(value: unknown): Json {
  return textOf(value, '', ALL)
}

/** As `toJson`, for a console: of long lists and bytes the beginning. */
export function toShortForm(value: unknown, limits: TextLimits): unknown {
  return textOf(value, '', limits)
}

/** @param field Whose value it is, or whose list it is in. */
function textOf(value: unknown, field: string, limits: TextLimits): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      // JSON has no other numbers.
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
      // What keeps them is no JSON, and nobody is told that it were: see `toShortForm`.
      return limits.keepsBigints ? (value as never) : value.toString()
    case 'object':
      return value === null ? null : objectText(value, field, limits)
    default:
      return null
  }
}

function objectText(value: object, field: string, limits: TextLimits): Json {
  if (isBytes(value)) return bytesText(value, field, limits)
  if (Array.isArray(value) || isNumbers(value)) return listText(value, field, limits)
  if (isAddress(value)) return formatPeerAddress(value)
  return fieldsText(value, limits)
}

function bytesText(bytes: Uint8Array, field: string, limits: TextLimits): string {
  if (bytes.length === HASH_SIZE && HASH_FIELDS.has(field)) return hashToHex(bytes)
  if (bytes.length <= limits.bytes) return bytesToHex(bytes)
  return `${bytesToHex(bytes.subarray(0, limits.bytes))}… (${bytes.length} bytes)`
}

function listText(list: ArrayLike<unknown>, field: string, limits: TextLimits): Json {
  const { length } = list
  const shown = Math.min(length, limits.items)
  const texts = Array.from({ length: shown }, (_, index) => textOf(list[index], field, limits))
  return shown === length ? texts : [...texts, `… ${length - shown} more`]
}

function fieldsText(value: object, limits: TextLimits): Json {
  const fields = value as Readonly<Record<string, unknown>>
  const text: Record<string, Json> = {}
  for (const name of fieldNames(value)) {
    const field = fields[name]
    if (field !== undefined && typeof field !== 'function') text[name] = textOf(field, name, limits)
  }
  return text
}

/** The names of what has fields of its own, and those that a decoded value says that it has. */
function fieldNames(value: object): readonly string[] {
  return (value as { readonly [FIELDS]?: readonly string[] })[FIELDS] ?? Object.keys(value)
}

/** Where a class whose fields are getters lists them. */
export const FIELDS: unique symbol = Symbol('fields')

function isNumbers(value: object): value is Uint16Array | Uint32Array {
  return value instanceof Uint16Array || value instanceof Uint32Array
}

function isAddress(value: object): value is PeerAddress {
  if (!('network' in value) || !('port' in value)) return false
  return 'bytes' in value || 'host' in value
}
