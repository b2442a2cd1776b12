/** Characters that may be shown anywhere (Core, `SAFE_CHARS_DEFAULT`). */
const UNSAFE = /[^A-Za-z0-9 .,;\-_/:?@()]/g

/**
 * A text from a remote without what could forge a line of a log, move a terminal's cursor or look like other
 * letters (Core, `SanitizeString`).
 * @example
 * cleanText('/Satoshi:29.0.0/\u001b[2J') // '/Satoshi:29.0.0/2J'
 */
export function cleanText(text: string): string {
  return text.replace(UNSAFE, '')
}
