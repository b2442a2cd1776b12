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
  let memory: Uint8Array = new Uint8Array(0)
  /** What has been pushed and not been taken: a part of the memory. */
  let start = 0
  let end = 0
  /** How far it has been searched: a line that comes byte by byte is not searched again each time. */
  let searched = 0
  const decoder = new TextDecoder()

  /** Twice what is needed: a line that comes byte by byte is not copied again each time either. */
  const grow = (needed: number): void => {
    const larger = new Uint8Array(2 * needed)
    larger.set(memory.subarray(start, end))
    memory = larger
    end -= start
    searched -= start
    start = 0
  }

  return {
    push: (more) => {
      if (end + more.length > memory.length) grow(end - start + more.length)
      memory.set(more, end)
      end += more.length
    },
    nextLine: () => {
      const feed = memory.subarray(0, end).indexOf(LINE_FEED, searched)
      searched = feed < 0 ? end : feed + 1
      if ((feed < 0 ? end : feed) - start >= maxLength) {
        throw new RangeError(`A line of more than ${maxLength} bytes`)
      }
      if (feed < 0) return undefined
      const hasReturn = feed > start && memory[feed - 1] === CARRIAGE_RETURN
      const line = decoder.decode(memory.subarray(start, hasReturn ? feed - 1 : feed))
      start = feed + 1
      return line
    },
    takeRest: () => {
      const rest = memory.subarray(start, end)
      memory = new Uint8Array(0)
      start = end = searched = 0
      return rest
    },
  }
}
