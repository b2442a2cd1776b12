import { readFile, stat } from 'node:fs/promises'
import { hexToBytes } from '@sapwood/wire-codec'
import { CommandError, usageError } from '../errors/command-error.ts'
import type { Io } from '../terminal/io.ts'

/** Largest input that is read, in bytes: four of Core's block files (`MAX_BLOCKFILE_SIZE`). */
const MAX_INPUT = 4 * 0x8000000

/** What was given: bytes, or text that is no hexadecimal. */
type Input = { readonly bytes: Uint8Array } | { readonly text: string }

/**
 * Reads an argument: `-` is standard input, what names a file is that file, anything else stands for itself.
 * Text that is hexadecimal throughout, blanks aside, stands for its bytes.
 */
export async function readInput(argument: string, io: Io): Promise<Input> {
  if (argument === '-') return fromBytes(await io.readIn())
  const found = await stat(argument).catch(() => undefined)
  if (found === undefined || !found.isFile()) return fromText(argument)
  if (found.size > MAX_INPUT) throw new CommandError(`${argument} has more than ${MAX_INPUT} bytes`)
  return fromBytes(await readFile(argument))
}

function fromBytes(bytes: Uint8Array): Input {
  // Hexadecimal is ASCII; the first bytes tell, before a whole file is made text.
  const isText = bytes
    .subarray(0, 256)
    .every((byte) => byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
  if (!isText) return { bytes }
  return fromText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
}

function fromText(text: string): Input {
  const packed = text.replace(/\s+/g, '')
  if (packed === '') throw usageError('there is nothing to read')
  const isHex = packed.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(packed)
  return isHex ? { bytes: hexToBytes(packed.toLowerCase()) } : { text: text.trim() }
}

/** The bytes of an argument. @throws CommandError where it is neither a file nor hexadecimal. */
export async function readBytes(argument: string, io: Io): Promise<Uint8Array> {
  const input = await readInput(argument, io)
  if ('bytes' in input) return input.bytes
  throw usageError(`'${argument.slice(0, 40)}' is neither a file that there is nor hexadecimal`)
}
