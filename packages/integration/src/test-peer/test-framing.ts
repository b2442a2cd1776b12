/** What a framing made of received bytes. */
export type FramedEvent =
  | {
      readonly kind: 'message'
      readonly command: string
      readonly payload: Uint8Array
      /** What is wrong with its frame, where a peer would have to drop it. */
      readonly note?: string
    }
  | { readonly kind: 'decoy'; readonly contents: Uint8Array }
  /** The end of the remote's garbage was found (v2). */
  | { readonly kind: 'garbage'; readonly garbage: Uint8Array }
  /** The packet that ends the remote's part of the v2 handshake. */
  | { readonly kind: 'version-packet'; readonly contents: Uint8Array }

/** How the frame of one message is spoilt; as it should be by default. */
export interface FrameFaults {
  /** v1: what stands in the place of the checksum. */
  readonly checksum?: number
  /** v1: 4 bytes in the place of the network's magic. */
  readonly magic?: Uint8Array
  /** The length that is told, in place of the payload's. v2: that of the contents. */
  readonly length?: number
  /** v1: 12 bytes in the place of the command. v2: the contents' first bytes, in place of id or command. */
  readonly head?: Uint8Array
  /** v2: the command in full, where it has a short id. */
  readonly longCommand?: boolean
  /** v2: the tag has a flipped bit. */
  readonly forged?: boolean
  /** v2: the whole header byte. */
  readonly header?: number
}

/** One framing of a {@link TestPeer}: it reads leniently, and writes whatever it is told. */
export interface TestFraming {
  readonly transport: 'v1' | 'v2'
  /** @throws Error where the bytes cannot be read any further. */
  receive(chunk: Uint8Array): readonly FramedEvent[]
  frame(command: string, payload: Uint8Array, faults?: FrameFaults): Uint8Array
}
