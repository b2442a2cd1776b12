import { type Message, type Network, type VersionMessage } from '@sapwood/wire-codec'
import type { Clock } from '@sapwood/transport-v1v2/environment'

/** How far a handshake goes by itself. */
export type HandshakeExtent =
  /** Not at all: every byte is yours. */
  | 'none'
  /** v2: until both sides have sent their version packet. v1: the same as `none`. */
  | 'transport'
  /** Until both sides have said `verack`. */
  | 'whole'

/** How the v2 handshake is carried out; as plainly as it can be by default. */
export interface TransportHandshake {
  /**
   * Bytes between our key and the terminator; none by default. More than 4,095 are too many, and are sent all
   * the same.
   */
  readonly garbage?: Uint8Array
  /** Sizes of decoys before the version packet. */
  readonly decoys?: readonly number[]
  /** Contents of the version packet; none by default, and any are to be accepted. */
  readonly versionContents?: Uint8Array
}

/** How the `version` handshake is carried out. */
export interface VersionHandshake {
  /** Fields of our `version` that differ from an ordinary full node's. */
  readonly version?: Partial<VersionMessage>
  /** What goes between `version` and `verack`. Default: `wtxidrelay` and `sendaddrv2`. */
  readonly between?: readonly Message[]
}

/** What becomes of messages that were neither expected nor handled by the time the peer is closed. */
export type UnhandledPolicy = 'ignore' | 'warn' | 'error'

/** How a scripted peer speaks. */
export interface TestPeerOptions extends TransportHandshake, VersionHandshake {
  /** Default: regtest. */
  readonly network?: Network
  /** Default: `whole`. */
  readonly handshake?: HandshakeExtent
  /** Milliseconds that anything that is waited for may take. Default: 10,000. */
  readonly timeout?: number
  /**
   * Makes keys, garbage and nonces the same each time; it stands in every failure. Default: drawn at random.
   */
  readonly seed?: number | string
  /** Whether `ping` is answered. Default: true. */
  readonly answerPings?: boolean
  /** Default: `ignore`. */
  readonly unhandled?: UnhandledPolicy
  /** A virtual clock, where the software under test runs on the same. Default: the machine's. */
  readonly clock?: Clock
}

/** How a scripted peer dials. */
export interface DialOptions extends TestPeerOptions {
  /** Default: `v2`. */
  readonly transport?: 'v1' | 'v2'
  /** The address that is dialled from, so that two peers need not share one: `127.0.0.2`. */
  readonly from?: string
}

/** How a scripted peer listens. */
export interface ListenOptions extends Omit<DialOptions, 'from' | 'transport'> {
  /** Of 127.0.0.1; a free one by default. */
  readonly port?: number
  /** What is spoken: `auto`, the default, is what the software begins with. */
  readonly transport?: 'v1' | 'v2' | 'auto'
  /** Milliseconds until the software has to have dialled. Default: 30,000. */
  readonly dialTimeout?: number
}

/** How long a message is waited for. */
export interface ExpectOptions {
  /** Milliseconds; that of the peer by default. */
  readonly timeout?: number
}
