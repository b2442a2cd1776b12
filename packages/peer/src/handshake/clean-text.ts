/** Characters that may be shown anywhere (Core, `SAFE_CHARS_DEFAULT`). */
const UNSAFE = /[^A-Za-z0-9 .,;\-_/:?@()]/g

/**
 * A text from a remote without what could forge a line of a log, move a terminal's cursor or look like other
 * letters (Core, `SanitizeString`).
 */
export function cleanText(text: string): string {
  return text.replace(UNSAFE, '')
}
