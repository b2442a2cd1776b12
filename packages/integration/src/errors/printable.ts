/**
 * Text of others (a peer's user agent, what a program said) as it may stand on a terminal or in a log: what
 * steers a terminal, forges a line or turns the direction of writing is shown as its code. Core does the same
 * to user agents (`SanitizeString`), more strictly.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** The same for text of several lines, of which the ends of lines are kept. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** Controls, formats, what is unassigned or half a character, and the separators of lines and paragraphs. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}
