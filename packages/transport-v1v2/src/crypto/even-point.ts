/** Prefix of a compressed public key whose y coordinate is even. */
const EVEN_Y = 0x02

/**
 * The compressed point, 33 bytes, that an x-only key stands for in Diffie-Hellman: which of the two it is
 * does not change the shared x.
 */
export function evenPoint(x: Uint8Array): Uint8Array {
  const point = new Uint8Array(1 + x.length)
  point[0] = EVEN_Y
  point.set(x, 1)
  return point
}
