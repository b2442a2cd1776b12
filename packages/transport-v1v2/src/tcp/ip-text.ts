import { isIPv4 } from 'node:net'

/** Text form of an IP address, as `net.connect` takes it. @param bytes 4 (IPv4) or 16 (IPv6) bytes. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  )
  return groups.join(':')
}

/** Raw bytes of an IP address in text form; a zone (`%eth0`) is dropped. */
export function parseIp(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  const [address = ''] = text.split('%')
  const [head = '', tail] = expandEmbeddedIpv4(address).split('::')
  const front = groupsOf(head)
  const back = tail === undefined ? [] : groupsOf(tail)
  const zeros = tail === undefined ? [] : new Array<number>(8 - front.length - back.length).fill(0)
  return Uint8Array.from([...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

/** `::ffff:1.2.3.4` to `::ffff:102:304`. */
function expandEmbeddedIpv4(text: string): string {
  const start = text.lastIndexOf(':') + 1
  const last = text.slice(start)
  if (!isIPv4(last)) return text
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number)
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
