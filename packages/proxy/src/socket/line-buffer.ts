/** Bytes in, lines out, without any I/O; what follows the last line taken stays as it is. */
export interface LineBuffer {
  push(bytes: Uint8Array): void
  /**
   * The next whole line without its end (LF or CRLF); undefined when none is there yet.
   * @throws RangeError past the limit.
   */
  nextLine(): string | undefined
  /** Everything not taken as a line, and empties the buffer. */
  takeRest(): Uint8Array
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** @param maxLength bytes that a line may have with its end. */
export function createLineBuffer(maxLength: number): LineBuffer {
  let bytes: Uint8Array = new Uint8Array(0)
  /** How far the buffer has been searched: a line that comes byte by byte is not searched again each time. */
  let searched = 0
  const decoder = new TextDecoder()
  return {
    push: (more) => {
      const joined = new Uint8Array(bytes.length + more.length)
      joined.set(bytes)
      joined.set(more, bytes.length)
      bytes = joined
    },
    nextLine: () => {
      const end = bytes.indexOf(LINE_FEED, searched)
      searched = end < 0 ? bytes.length : 0
      if (end >= maxLength || (end < 0 && bytes.length >= maxLength)) {
        throw new RangeError(`A line of more than ${maxLength} bytes`)
      }
      if (end < 0) return undefined
      const line = bytes.subarray(0, bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
      bytes = bytes.subarray(end + 1)
      return decoder.decode(line)
    },
    takeRest: () => {
      const rest = bytes
      bytes = new Uint8Array(0)
      searched = 0
      return rest
    },
  }
}
