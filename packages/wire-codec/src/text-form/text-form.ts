import { FIELDS, type Json, toJson, toShortForm } from './to-json.ts'

/** What `console.log` of Node.js, Deno and Bun, and `util.inspect`, ask a value for. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** Elements of a list that are shown (Node.js' own limit). */
const SHOWN_ITEMS = 100
/** Bytes of a field that are shown. */
const SHOWN_BYTES = 80

/** How `console.log` writes what it has made of a value. */
type Inspect = (value: unknown, options: object) => string

/** What `console.log` shows of a decoded value: `toJson`'s form, of long lists and bytes the beginning. */
function inspected(value: object, options: object, inspect: Inspect | undefined): unknown {
  const short = toShortForm(value, { items: SHOWN_ITEMS, bytes: SHOWN_BYTES, keepsBigints: true })
  return inspect === undefined ? short : inspect(short, options)
}

/**
 * Lets the objects of a class show themselves in `toJson`'s form. What it adds is hidden from those who list
 * what the class has.
 * @param fields Its fields, where they are getters; else those that an object has itself.
 */
export function giveTextForm(prototype: object, fields?: readonly string[]): void {
  const { toJSON, [INSPECT]: inspect } = textForm
  Object.defineProperties(prototype, {
    toJSON: { value: toJSON },
    [INSPECT]: { value: inspect },
    ...(fields !== undefined && { [FIELDS]: { value: fields } }),
  })
}

/** What a plain object that was decoded inherits. */
const textForm = /* @__PURE__ */ Object.freeze({
  toJSON(this: object): Json {
    return toJson(this)
  },
  [INSPECT](this: object, _depth: number, options: object, inspect?: Inspect): unknown {
    return inspected(this, options, inspect)
  },
})

/**
 * Lets a plain object that was decoded show itself in `toJson`'s form; its own fields stay as they are. One
 * that is of a class, or frozen, is left alone.
 */
export function withTextForm<T extends object>(value: T): T {
  if (Object.getPrototypeOf(value) === Object.prototype && Object.isExtensible(value)) {
    Object.setPrototypeOf(value, textForm)
  }
  return value
}
