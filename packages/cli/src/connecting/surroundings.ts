import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { Io } from '../terminal/io.ts'
import type { Screen } from '../terminal/screen.ts'

/** What a command runs in. */
export interface Surroundings {
  readonly io: Io
  readonly clock: Clock
  /** Aborted when the user has had enough (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal
  /** Takes the whole terminal; absent where there is none. */
  readonly openScreen?: () => Promise<Screen>
}
