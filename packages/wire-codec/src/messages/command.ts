/** Bytes of a command on the wire, padded with zeros. */
export const COMMAND_SIZE = 12

const FIRST_PRINTABLE = 0x20

/**
 * Reads the 12 bytes of a command at `offset`.
 * @param lastPrintable Largest character that it may hold: 0x7e in v1 (Core's `IsMessageTypeValid`), 0x7f in
 * BIP324.
 * @returns 1 to 12 characters, or undefined when the bytes are not that and then zeros.
 */
export function readCommand(bytes: Uint8Array, offset: number, lastPrintable: number): string | undefined {
  let length = 0
  let key = 0
  for (let i = 0; i < COMMAND_SIZE; i++) {
    const byte = bytes[offset + i] ?? -1
    if (byte === 0) continue
    if (length < i || byte < FIRST_PRINTABLE || byte > lastPrintable) return undefined
    key = (key * 31 + byte) & 255
    length++
  }
  if (length === 0) return undefined
  const known = seen[key] ?? ''
  for (let i = 0; known.charCodeAt(i) === bytes[offset + i]; i++)
    if (i + 1 === length && known.length === length) return known
  return (seen[key] = String.fromCharCode(...bytes.subarray(offset, offset + length)))
}

/** Commands read of late: a remote's next message mostly has one of them, and each string takes memory. */
const seen: string[] = []

/**
 * Writes `command`, padded with zeros to 12 bytes, into `target` at `offset`.
 * @throws RangeError unless it has 1 to 12 printable ASCII characters.
 */
export function writeCommand(command: string, target: Uint8Array, offset = 0): void {
  if (!isCommand(command)) throw new RangeError(`Not a command: ${JSON.stringify(command)}`)
  for (let i = 0; i < COMMAND_SIZE; i++) target[offset + i] = i < command.length ? command.charCodeAt(i) : 0
}

/**
 * Whether `command` has 1 to 12 printable ASCII characters.
 * @example
 * isCommand('sendaddrv2') // true
 * isCommand('a command that is too long') // false
 */
export function isCommand(command: string): boolean {
  return /^[\x20-\x7f]{1,12}$/.test(command)
}
