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
  let command = ''
  for (let i = 0; i < COMMAND_SIZE; i++) {
    const byte = bytes[offset + i]
    if (byte === undefined) return undefined
    if (byte === 0) {
      if (command.length === 0 || !zerosFrom(bytes, offset + i, offset + COMMAND_SIZE)) return undefined
      return command
    }
    if (byte < FIRST_PRINTABLE || byte > lastPrintable) return undefined
    command += String.fromCharCode(byte)
  }
  return command
}

function zerosFrom(bytes: Uint8Array, start: number, end: number): boolean {
  if (end > bytes.length) return false
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}

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
