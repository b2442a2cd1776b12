import type { ShortIds } from '@sapwood/wire-codec'
import type { MemoryAccount } from '../environment/memory-account.ts'
import type { Shaping } from '../v2/shaping/shaping.ts'

/** What applies to a connection whichever side opened it. */
export interface TransportOptions {
  /** The one-byte message ids of this connection (v2). Default: those of BIP324 and its registry. */
  readonly shortIds?: ShortIds
  /** Hides sizes or timing of messages behind decoys (v2). Default: none. */
  readonly shaping?: Shaping
  /** Bytes of garbage sent after the key, 0 to 4,095 (v2). Default: a random number of them. */
  readonly garbageLength?: number
  /** Sizes of the contents of decoy packets sent before the version packet (v2). Default: none. */
  readonly handshakeDecoys?: readonly number[]
  /**
   * Bytes queued for sending above which `send` returns false. Default: 1,000,000 (Core's `-maxsendbuffer`).
   */
  readonly highWaterMark?: number
  /**
   * A remote that takes none of the bytes queued for it for this many milliseconds is given up. Default:
   * 60,000.
   */
  readonly sendTimeout?: number
  /**
   * The account that counts what is held of messages in either direction; while it has no room, nothing more
   * is read. Its owner closes it, and ends the connection where it is evicted. Default: nothing is counted.
   */
  readonly memory?: MemoryAccount
}
