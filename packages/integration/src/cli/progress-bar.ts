import { Presets, SingleBar } from 'cli-progress'
import type { SyncProgress } from './sync-run.ts'

/** A bar on a terminal's standard error; nothing where that is not a terminal. */
export function progressBar(): SyncProgress {
  const bar = new SingleBar(
    {
      format: '{title}  {bar} headers {headers}/{total}, blocks {value}/{total}  {duration_formatted}',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  return {
    begin: (title, blocks) => bar.start(blocks, 0, { title, headers: 0 }),
    update: (headers, blocks) => bar.update(blocks, { headers }),
    end: () => bar.stop(),
  }
}
