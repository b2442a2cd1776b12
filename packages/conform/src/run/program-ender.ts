import type { RunningProcess } from '@sapwood/integration'
import type { Clock } from '@sapwood/transport-v1v2/environment'

/** Longest that a program may take to end by SIGTERM, in milliseconds. */
const PATIENCE = 5_000

/**
 * Ends the same program after each case. Where SIGTERM did not end it once, it is not waited for again: it
 * would cost every case as much.
 */
export function programEnder(clock: Clock): (program: Pick<RunningProcess, 'stop'>) => Promise<void> {
  let patience = PATIENCE
  return async (program) => {
    const began = clock.now()
    const { signal } = await program.stop({ timeout: patience })
    if (signal === 'SIGKILL' && clock.now() - began >= PATIENCE) patience = 0
  }
}
