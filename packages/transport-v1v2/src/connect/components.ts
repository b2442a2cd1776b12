import type { CryptoBackend } from '../crypto/backend.ts'
import type { Clock } from '../environment/clock.ts'
import type { Logger } from '../environment/logger.ts'
import type { Random } from '../environment/random.ts'

/** What `connect` and `accept` work with; each has a default. */
export interface TransportComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /** Default: `silentLogger`. */
  readonly logger?: Logger
  /** Default: Node.js' own primitives on Node.js, the noble libraries elsewhere. */
  readonly crypto?: CryptoBackend
}
