import { isDeepStrictEqual } from 'node:util'
import {
  bytesToHex,
  decodeContents,
  DecodeError,
  decodePayload,
  encodeContents,
  encodePayload,
  hexToBytes,
  type Message,
  type MessageType,
} from '../../src/index.ts'
import { messageVectors, toPlain } from '../plain.ts'

/** Messages that are read and never sent. */
const READ_ONLY: readonly string[] = ['reject', 'alert']

/** A fuzz target: see tools/fuzz/README.md. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly dictionary?: readonly Uint8Array[]
  readonly maxLength?: number
  readonly run: (bytes: Uint8Array) => string | undefined
}

/**
 * A target for some messages: the first byte picks one of `commands`, the rest is its payload. It must decode
 * to a message or to a `DecodeError`; a message must read the same from what encoding it gives, and through
 * either form of BIP324. `check` is what else has to hold of it.
 */
export function messageTarget(
  name: string,
  commands: readonly MessageType[],
  check: (message: Message) => void = () => undefined,
): Target {
  return {
    name,
    seeds: messageVectors
      .filter(({ command, payload }) => (commands as string[]).includes(command) && payload.length < 8192)
      .map(({ command, payload }) =>
        hexToBytes(`0${commands.indexOf(command as MessageType).toString(16)}${payload}`),
      ),
    run(bytes) {
      const command = commands[(bytes[0] ?? 0) % commands.length]!
      const message = decodeOrRefuse(command, bytes.subarray(1))
      if (typeof message === 'string') return `${command} ${message}`
      // What is made when asked for is asked for here.
      const plain = toPlain(message)
      check(message)
      if (!READ_ONLY.includes(command)) checkRoundTrip(message, plain)
      return `${command} read ${magnitude(bytes.length)}`
    },
  }
}

/** The message, or the code of the error. */
function decodeOrRefuse(command: string, payload: Uint8Array): Message | string {
  try {
    return decodePayload(command, payload)
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code} ${error.severity} ${magnitude(error.offset)}`
    throw error
  }
}

/** So that longer inputs, and errors further into one, count as something new. */
function magnitude(length: number): number {
  return 32 - Math.clz32(length)
}

function checkRoundTrip(message: Message, plain: unknown): void {
  const encoded = encodePayload(message)
  expectSame('read after it was written', toPlain(decodePayload(encoded.command, encoded.payload)), plain)
  const contents = decodeContents(encodeContents(encoded))
  expectSame('command', contents.command, encoded.command)
  expectSame('payload', bytesToHex(contents.payload), bytesToHex(encoded.payload))
}

/** Fails with both values when they differ. */
export function expectSame(what: string, received: unknown, expected: unknown): void {
  if (isDeepStrictEqual(received, expected)) return
  throw new Error(
    `${what}: ${JSON.stringify(received)} instead of ${JSON.stringify(expected)}`.slice(0, 2000),
  )
}
