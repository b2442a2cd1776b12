import { concatBytes, hexToBytes } from '@sapwood/wire-codec'
import { bitcore } from './bitcore.ts'

/** A script in the text of Core's test data: numbers, `0x` bytes as they are, `'text'` pushed, opcodes. */
export function readCoreScript(text: string): Uint8Array {
  return concatBytes(...text.split(/\s+/).filter(Boolean).map(readWord))
}

function readWord(word: string): Uint8Array {
  if (/^-?\d+$/.test(word)) return pushNumber(Number(word))
  if (word.startsWith('0x')) return hexToBytes(word.slice(2))
  if (word.startsWith("'")) return push(new TextEncoder().encode(word.slice(1, -1)))
  const opcode = bitcore.Opcode[word.startsWith('OP_') ? word : `OP_${word}`]
  if (opcode === undefined) throw new Error(`Not an opcode: ${word}`)
  return Uint8Array.of(opcode)
}

function pushNumber(value: number): Uint8Array {
  if (value === 0) return Uint8Array.of(0)
  if (value === -1 || (value >= 1 && value <= 16)) return Uint8Array.of(0x50 + value)
  const bytes: number[] = []
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  // The highest bit is the sign.
  if (bytes.at(-1)! >= 0x80) bytes.push(0)
  if (value < 0) bytes[bytes.length - 1]! |= 0x80
  return push(Uint8Array.from(bytes))
}

function push(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  if (length < 0x4c) return concatBytes(Uint8Array.of(length), bytes)
  if (length < 0x100) return concatBytes(Uint8Array.of(0x4c, length), bytes)
  return concatBytes(Uint8Array.of(0x4d, length & 0xff, length >>> 8), bytes)
}
