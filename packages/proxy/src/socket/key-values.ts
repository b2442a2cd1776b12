const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * The `KEY=value` pairs of a line of Tor's control port (control-spec §2.1.1) or of I2P's SAM; a value can be
 * a quoted string with C escapes. Words without a value are left out.
 */
export function parseKeyValues(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (const [, key = '', quoted, plain] of text.matchAll(
    /(?:^|\s)([\w/-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g,
  )) {
    pairs.set(key, quoted === undefined ? (plain ?? '') : unescape(quoted))
  }
  return pairs
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{1,3}|.)/g, (_, escaped: string) =>
    /^[0-7]/.test(escaped)
      ? String.fromCharCode(Number.parseInt(escaped, 8) & 0xff)
      : (ESCAPES[escaped] ?? escaped),
  )
}
