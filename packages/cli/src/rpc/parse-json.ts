import { RPC_CODE, RpcError } from './rpc-error.ts'

/** How many arrays and objects may lie in each other (UniValue, `MAX_JSON_DEPTH`). */
const MAX_JSON_DEPTH = 512

/**
 * Parses what a caller has sent. How deep it goes is counted before anything is made of it: a million opening
 * brackets keep `JSON.parse` for seconds.
 * @throws RpcError -32700, as Core does of both.
 */
export function parseJson(text: string): unknown {
  try {
    if (isWithin(text, MAX_JSON_DEPTH)) return JSON.parse(text)
  } catch {
    // What is wrong with it is told to nobody, as Core tells it to nobody.
  }
  throw new RpcError(RPC_CODE.parseError, 'Parse error')
}

function isWithin(text: string, most: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at)
        break
      case '[':
      case '{':
        if (++depth > most) return false
        break
      case ']':
      case '}':
        depth--
        break
      default:
    }
  }
  return true
}

/** Where the string ends that begins at `start`: at its closing quote, or with the text. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let first = quote
    while (text[first - 1] === '\\') first--
    // Of backslashes that stand in pairs none escapes the quote.
    if ((quote - first) % 2 === 0) return quote
  }
  return text.length
}
