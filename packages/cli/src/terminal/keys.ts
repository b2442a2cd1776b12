/** A key that is more than its character (an arrow, for one), Escape alone, or a character. */
const KEY = /\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]|O[\x40-\x7e])?|[\s\S]/gu

/** The keys of what a terminal sends: those that were pressed quickly, or pasted, come in one piece. */
export function keysOf(sent: string): readonly string[] {
  return sent.match(KEY) ?? []
}
