const TO_HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex of `bytes`, two characters a byte, in the order of the bytes. */
export function bytesToHex(bytes: Uint8Array): string {
  let hex = ''
  for (let i = 0; i < bytes.length; i++) hex += TO_HEX[bytes[i]!]!
  return hex
}

/**
 * The bytes that `hex` spells, upper or lower case.
 * @throws SyntaxError when it has an odd length or any other character.
 */
export function hexToBytes(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) throw new SyntaxError(`Hex of odd length ${hex.length}`)
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digit(hex, 2 * i) << 4) | digit(hex, 2 * i + 1)
  }
  return bytes
}

function digit(hex: string, index: number): number {
  const code = hex.charCodeAt(index)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57
  throw new SyntaxError(`Not a hex digit at index ${index}`)
}
