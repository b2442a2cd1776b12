import type { VersionAddress } from '@sapwood/wire-codec'

/** What the remote's `version` said, and what the handshake settled. */
export interface PeerVersion {
  /** The remote's protocol version. */
  readonly version: number
  /** The lower of its version and ours: what both speak. */
  readonly commonVersion: number
  readonly services: bigint
  /**
   * Without what could not be shown anywhere: letters, digits, space and `.,;-_/:?@()` only (Core,
   * `cleanSubVer`).
   */
  readonly userAgent: string
  /** As it came: up to 256 bytes of anything, control characters included. Not to be shown or logged. */
  readonly rawUserAgent: string
  /** The height of the remote's chain, as it said. */
  readonly startHeight: number
  /** BIP37: the remote wants transactions announced. */
  readonly relay: boolean
  /** Seconds that the remote's clock is ahead of ours. */
  readonly timeOffset: number
  /** Our address as the remote sees it. */
  readonly seenAs: VersionAddress
  /** BIP339: transactions are announced by wtxid, on both sides. */
  readonly wtxidRelay: boolean
  /** BIP155: the remote takes `addrv2`. */
  readonly addrv2: boolean
  /** BIP434 features that the remote announced, by id. */
  readonly features: ReadonlyMap<string, Uint8Array>
}
