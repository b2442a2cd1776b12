/** Longer texts are told by their length. */
const MAX_SHOWN_TEXT = 40

/** A value as a message names it: what it is, and of a short one which. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length <= MAX_SHOWN_TEXT
        ? `the text ${quote(value)}`
        : `a text of ${value.length} characters`
    case 'bigint':
      return `${value}n`
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'object':
      return describeObject(value)
  }
}

function describeObject(value: object | null): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isBytes(value)) return `${value.length} bytes`
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
  return kind === 'Object' ? 'an object' : `an object (${kind})`
}

/** In single quotes, and without what would move a terminal's cursor. */
export function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1)}'`
}

/** Whether a value is a `Uint8Array`, also one of another realm, as those of a `vm` or an iframe are. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]')
  )
}
