import { isBytes } from '../arguments/describe-value.ts'
import { FIELDS } from './to-json.ts'

/**
 * A copy of a message, a block or a transaction that is nothing but plain objects, lists and bytes of its
 * own: for `structuredClone`, `postMessage`, spreading and deep comparison. A decoded transaction or block is
 * none: it reads its fields from the bytes that it came in, and a clone of it has nothing to read. The copy
 * is as good everywhere; what is decoded lazily is made here at once.
 * @example
 * worker.postMessage(toPlain(block))
 */
export function toPlain<T>(value: T): T {
  return plain(value) as T
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  // A view would take all of the message that it is in along.
  if (isBytes(value)) return value.slice()
  if (value instanceof Uint16Array || value instanceof Uint32Array) return value.slice()
  if (Array.isArray(value)) return value.map(plain)
  const fields = value as Readonly<Record<string, unknown>>
  const names = (value as { readonly [FIELDS]?: readonly string[] })[FIELDS] ?? Object.keys(value)
  return Object.fromEntries(names.map((name) => [name, plain(fields[name])]))
}
