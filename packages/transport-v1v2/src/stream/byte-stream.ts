/** Bytes handed to a socket and not yet to the network, above which a writer waits. */
export const SEND_HIGH_WATER_MARK = 262_144

/**
 * What a part that waits to be sent takes beside its bytes: the block that it is a view of, and what Node.js
 * keeps for it. A remote that reads nothing has thousands of answers of some thirty bytes wait for it.
 */
export const PART_OVERHEAD = 1_024

/** A connected, ordered, reliable pipe of bytes. */
export interface ByteStream {
  /**
   * The next bytes, in whatever portion arrived; `null` at the end. One call at a time.
   * The chunk belongs to the caller.
   */
  read(): Promise<Uint8Array | null>
  /**
   * Queues bytes, in order, and resolves when the stream can take more (back-pressure).
   * Several parts leave together, without being copied into one; none may be changed afterwards.
   */
  write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void>
  /** Flushes and ends the writing side; reading goes on until the remote ends its own. */
  close(): Promise<void>
  /**
   * Whether the remote's end, or a failure, has arrived: there is no more to read than what waits. Whoever
   * has not begun with the stream need not. Absent where that is not known before it is read.
   */
  readonly remoteEnded?: boolean
  /** Ends both sides at once; pending and later calls reject with `reason`. */
  abort(reason: Error): void
}
