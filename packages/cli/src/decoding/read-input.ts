import { hexToBytes } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { usageError } from '../errors/command-error.ts'
import { readSource } from './read-source.ts'

/** What was given: bytes, or text that is no hexadecimal. */
type Input = { readonly bytes: Uint8Array } | { readonly text: string }

/**
 * Reads an argument: `-` is standard input, what names a file is that file, anything else stands for itself.
 * Text that is hexadecimal throughout, blanks aside, stands for its bytes.
 */
export async function readInput(
  argument: string,
  surroundings: Pick<Surroundings, 'io' | 'signal'>,
): Promise<Input> {
  const bytes = await readSource(argument, surroundings)
  return bytes === undefined ? fromText(argument) : fromBytes(bytes)
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
export async function readBytes(
  argument: string,
  surroundings: Pick<Surroundings, 'io' | 'signal'>,
): Promise<Uint8Array> {
  const input = await readInput(argument, surroundings)
  if ('bytes' in input) return input.bytes
  throw usageError(`'${argument.slice(0, 40)}' is neither a file that there is nor hexadecimal`)
}
