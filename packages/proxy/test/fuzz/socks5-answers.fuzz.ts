import { ProxyError } from '../../src/index.ts'
import { createSocks5Exchange } from '../../src/socks5/exchange.ts'
import type { Target } from './target.ts'

const GRANTED = [5, 0, 0, 1, 127, 0, 0, 1, 0, 1]

/**
 * Whatever a proxy answers (CVE-2017-18350 was in the length of a name): the same outcome however it was cut,
 * none but a typed error, and every byte either part of an answer or handed on.
 */
const target: Target = {
  name: 'socks5-answers',
  seeds: [
    Uint8Array.of(0, 5, 0, ...GRANTED, 1, 2, 3),
    Uint8Array.of(1, 5, 2, 1, 0, ...GRANTED),
    Uint8Array.of(0, 5, 0, 5, 0, 0, 3, 255, ...new Uint8Array(260)),
    Uint8Array.of(0, 5, 0, 5, 0, 0, 4, ...new Uint8Array(18)),
    Uint8Array.of(0, 5, 0, 5, 0xf0),
    Uint8Array.of(0, 5, 0xff),
  ],
  run: ([offersPassword = 0, ...rest]) => {
    const bytes = Uint8Array.from(rest)
    const byByte = negotiate(bytes, offersPassword % 2 === 1, 1)
    const byTwo = negotiate(bytes, offersPassword % 2 === 1, 2)
    // Bytes that came too early are only seen as such when they come together with an answer.
    if (byTwo !== byByte && !byTwo.startsWith('protocol-violation')) throw new Error(`${byByte} and ${byTwo}`)
    return byByte
  },
}
export default target

/** Each answer in portions of `size`, none before the last one was taken. */
function negotiate(bytes: Uint8Array, offersPassword: boolean, size: number): string {
  const exchange = createSocks5Exchange(offersPassword)
  let taken = 0
  let offset = 0
  try {
    while (offset < bytes.length && exchange.step !== undefined) {
      const answer = exchange.push(bytes.slice(offset, offset + size))
      offset += size
      taken += answer?.length ?? 0
    }
  } catch (error) {
    if (error instanceof ProxyError) return error.code
    throw error
  }
  if (exchange.step !== undefined) return exchange.step
  const given = taken + exchange.head.length
  if (given !== Math.min(offset, bytes.length)) throw new Error(`${given} bytes of ${offset} came out`)
  return 'granted'
}
