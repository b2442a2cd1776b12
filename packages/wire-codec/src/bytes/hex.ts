import { aText } from '../arguments/argument-check.ts'
import { requireArgument, requireBytes } from '../arguments/require-argument.ts'

/** Bytes of a hash, which is what is written as hex most often. */
const BLOCK = 32

/** The digits of one block; an array, since `apply` is fastest with one. */
const digits: number[] = new Array<number>(2 * BLOCK).fill(0)

/**
 * Lower-case hex of `bytes`, two characters a byte, in the order of the bytes. That of a hash is one flat
 * string: put together character by character it would be a tree of concatenations, ten times as large, for
 * as long as it is the key of a map.
 * @throws TypeError for what is no bytes.
 * @example
 * bytesToHex(Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9)) // 'f9beb4d9'
 */
export function bytesToHex(bytes: Uint8Array): string {
  requireBytes(bytes, 'bytesToHex')
  const { length } = bytes
  let hex = ''
  let start = 0
  for (; start + BLOCK <= length; start += BLOCK) {
    for (let i = 0; i < BLOCK; i++) {
      const byte = bytes[start + i]!
      digits[2 * i] = digitCode(byte >> 4)
      digits[2 * i + 1] = digitCode(byte & 15)
    }
    hex += String.fromCharCode.apply(null, digits)
  }
  for (; start < length; start++) {
    const byte = bytes[start]!
    hex += String.fromCharCode(digitCode(byte >> 4), digitCode(byte & 15))
  }
  return hex
}

/** '0' to '9' for 0 to 9, 'a' to 'f' for the rest. */
function digitCode(nibble: number): number {
  return nibble + 48 + (((9 - nibble) >> 31) & 39)
}

/**
 * The bytes that `hex` spells, upper or lower case.
 * @throws SyntaxError when it has an odd length or any other character; TypeError for what is no text.
 * @example
 * hexToBytes('f9beb4d9') // Uint8Array(4) [ 249, 190, 180, 217 ]
 */
export function hexToBytes(hex: string): Uint8Array {
  requireArgument(aText, hex, 'hexToBytes')
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
