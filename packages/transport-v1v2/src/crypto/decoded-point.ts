import { decodeEllSwift } from './ellswift/decode.ts'

/** Prefix of a compressed public key whose y coordinate is even. */
const EVEN_Y = 0x02

/**
 * A point of those that an ElligatorSwift encoding stands for in Diffie-Hellman, compressed, 33 bytes: which
 * of the two it is does not change the shared x.
 */
export function decodedPoint(encoding: Uint8Array): Uint8Array {
  const x = decodeEllSwift(encoding)
  const point = new Uint8Array(1 + x.length)
  point[0] = EVEN_Y
  point.set(x, 1)
  return point
}
