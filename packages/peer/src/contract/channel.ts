/**
 * A bounded queue between one sender and one receiver. A full channel makes the sender wait, which is how
 * back-pressure travels from the node to the socket.
 */
export interface Channel<T> {
  /**
   * Queues a value; resolves at once while there is room, else when there is. Rejects once the channel is
   * closed.
   */
  send(value: T): Promise<void>
  /** Queues a value if there is room. */
  trySend(value: T): boolean
  /** The next value; `undefined` once the channel is closed and empty. */
  receive(): Promise<T | undefined>
  /** The next value if there is one; `undefined` when there is none, or the channel is closed and empty. */
  tryReceive(): T | undefined
  /** No more values are taken; those queued are still delivered. */
  close(): void
  readonly size: number
  readonly capacity: number
  [Symbol.asyncIterator](): AsyncIterator<T>
}
