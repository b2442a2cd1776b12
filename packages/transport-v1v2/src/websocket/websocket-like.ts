/** What is used of a WebSocket: the browser's has all that is required, and so has the one of `ws`. */
export interface WebSocketLike {
  binaryType: string
  /** Bytes given to `send` and not yet to the network. */
  readonly bufferedAmount: number
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  removeEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  /** Ends without a goodbye (`ws`). */
  terminate?(): void
  /** Stops reading from the network (`ws`); a browser has no such thing, and buffers what arrives. */
  pause?(): void
  resume?(): void
}
