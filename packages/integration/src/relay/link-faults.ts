/** Which messages of v1 are meant: those of a command, or all; and which of them, counted from 1, or all. */
export interface MessageChoice {
  readonly command?: string
  readonly nth?: number
}

/** What is wrong with one direction of a connection. Nothing, where it is empty. */
export interface LinkFaults {
  /** Milliseconds that bytes are under way. */
  readonly latency?: number
  /** Milliseconds more, drawn anew for each portion; the order stays. */
  readonly jitter?: number
  /** Bytes a millisecond. */
  readonly bandwidth?: number
  /** Bytes of a portion at the most, so that messages arrive in pieces. */
  readonly slice?: number
  /** Bytes that get through before nothing more does, and both sides stay connected. */
  readonly stallAfter?: number
  /** Bytes that get through before both sides see a reset. */
  readonly resetAfter?: number
  /** Bytes that get through before both sides see an end. */
  readonly endAfter?: number
  /** Bytes that get through before a strike; with 0 it comes once the target has taken the connection. */
  readonly strikeAfter?: { readonly bytes: number; readonly how: Strike }
  /**
   * A bit is flipped in the n-th portion that is read, from 1; in v1, and with `messages`, in the n-th
   * message.
   */
  readonly flipBitIn?: number
  /**
   * v1: frames are looked at, so that `drop`, `double` and `swap` can be done, and `flipBitIn` counts
   * messages.
   */
  readonly messages?: {
    readonly drop?: MessageChoice
    /** Sent twice. */
    readonly double?: MessageChoice
    /** Sent after the message that follows it. */
    readonly swap?: MessageChoice
  }
}

/** What is done to connections that there are. */
export type Strike =
  /** Both sides see a reset. */
  | 'reset'
  /** Both sides see an end. */
  | 'end'
  /** Both stay connected, and nothing gets through any more. */
  | 'stall'
  /**
   * The dialler is left with a connection that nobody holds any more: the target sees an end, and the dialler
   * nothing.
   */
  | 'half-open'
  /** The dialler sees an end: nothing more of the target gets to it, what it sends still gets through. */
  | 'end-to-dialler'
  /** The same the other way round. */
  | 'end-to-target'
