/** What a key of a NATS bucket may hold as it is, and is no sign of ours. */
const PLAIN = /[^A-Za-z0-9-]/g

/**
 * A text as a key of a NATS bucket, one token: a dot becomes `_`, and every other character that is neither
 * a letter, a digit nor `-` becomes `=` and its UTF-16 code in four hexadecimal digits.
 */
export function natsKey(text: string): string {
  return text.replace(PLAIN, (character) =>
    character === '.' ? '_' : `=${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The text of a key that {@link natsKey} made. */
export function textOfNatsKey(key: string): string {
  return key.replace(/_|=([0-9a-f]{4})/g, (sign, code: string | undefined) =>
    code === undefined ? (sign === '_' ? '.' : sign) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
