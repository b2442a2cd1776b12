/** Characters of what a proxy said that an error shows. */
const MAX_SHOWN = 200

/**
 * What a proxy, a bridge or Tor said, as it may stand in an error, a log and a terminal: whoever listens on
 * the port may not be who we think.
 */
export function shownText(text: string): string {
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
}
