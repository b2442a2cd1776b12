import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a node keeps everything, and where it is looked for, unless told otherwise. */
export function defaultDataFolder(): string {
  return join(homedir(), '.sapwood')
}
