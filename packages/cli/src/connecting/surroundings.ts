import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { Io } from '../terminal/io.ts'

/** What a command runs in. */
export interface Surroundings {
  readonly io: Io
  readonly clock: Clock
  /** Aborted when the user has had enough (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal
}
