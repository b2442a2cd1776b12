import { ProxyError } from '../../src/index.ts'
import { parseKeyValues } from '../../src/socket/key-values.ts'
import { createControlReplyParser } from '../../src/tor/control-reply.ts'
import type { Target } from './target.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Whatever a control port sends: the same replies however it was cut, and none but a typed error. */
const target: Target = {
  name: 'control-replies',
  seeds: [
    encode('250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/run/tor \\"x\\"\\101"\r\n250 OK\r\n'),
    encode('250+circuit-status=\r\n1 BUILT\r\n..\r\n.\r\n250 OK\r\n650 STREAM 1 NEW A="b\r\n'),
  ],
  dictionary: [encode('\r\n'), encode('250 '), encode('250-'), encode('250+'), encode('\r\n.\r\n')],
  run: (bytes) => {
    const whole = parse(bytes, bytes.length)
    const cut = parse(bytes, 3)
    if (whole !== cut) throw new Error(`${whole}\nand in pieces\n${cut}`)
    return shape(whole)
  },
}
export default target

/** What the replies are like, in few enough words that each new one is worth keeping: not what they say. */
function shape(replies: string): string {
  return replies
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, 's')
    .replaceAll(/(\d)\d\d/g, '$1')
    .slice(0, 12)
}

function parse(bytes: Uint8Array, size: number): string {
  const parser = createControlReplyParser()
  const seen: string[] = []
  try {
    for (let offset = 0; offset < bytes.length; offset += Math.max(size, 1)) {
      for (const { status, lines } of parser.push(bytes.subarray(offset, offset + size))) {
        seen.push(`${status}${JSON.stringify(lines.map((line) => [...parseKeyValues(line)]))}`)
      }
    }
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error
    // What came whole before it, in the same portion, is lost with the connection.
    return error.code
  }
  return seen.join()
}
