import type { CryptoBackend } from '../crypto/backend.ts'
import { cryptoBackend } from '../crypto/backend-in-force.ts'
import type { Clock } from '../environment/clock.ts'
import { systemClock } from '../environment/default-clock.ts'
import { systemRandom } from '../environment/default-random.ts'
import { schedulerFor } from '../environment/default-turn-scheduler.ts'
import type { TurnScheduler } from '../environment/turn-scheduler.ts'
import { guardedLogger } from '../environment/guarded-logger.ts'
import type { Logger } from '../environment/logger.ts'
import type { Random } from '../environment/random.ts'
import { createEphemeralKey, type EphemeralKey } from '../v2/keys/ephemeral-key.ts'

/** What `connect` and `accept` work with; each has a default. */
export interface TransportComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /** Default: `silentLogger`. */
  readonly logger?: Logger
  /** Default: `cryptoBackend()`, our own WebAssembly with what the runtime has beside it. */
  readonly crypto?: CryptoBackend
  /** Who gives the event loop its turn back. Default: the system's with `systemClock`, else none. */
  readonly scheduler?: TurnScheduler
  /**
   * Where keys for v2 connections come from. Default: each is made when it is needed; see `createKeyPool`.
   */
  readonly keys?: KeySource
}

/** Gives out keys, each for one connection. */
export interface KeySource {
  next(): EphemeralKey
}

/** The components with the defaults filled in. */
export type ResolvedComponents = Required<TransportComponents>

export function resolveComponents(components: TransportComponents): ResolvedComponents {
  const { clock = systemClock, random = systemRandom, crypto: backend = cryptoBackend() } = components
  const keys = components.keys ?? { next: () => createEphemeralKey(backend, random) }
  const logger = guardedLogger(components.logger)
  const scheduler = components.scheduler ?? schedulerFor(clock)
  return { clock, random, logger, crypto: backend, keys, scheduler }
}
