import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Shared by every copy of this package in the thread. */
const REGISTRY = Symbol.for('@sapwood/node/open-folders')
/** Where Linux lists what this process, all threads of it, has open. */
const OWN_FILES = '/proc/self/fd'

/**
 * Claims a folder for this process. LevelDB's lock keeps other processes out, but it must not be asked twice
 * by one: letting go of the second, refused handle would take the lock off the first (POSIX locks belong to
 * processes, not to handles).
 * @param folder Its real path.
 * @returns how to give it back; undefined where this process has it already.
 */
export async function claimFolder(folder: string): Promise<(() => void) | undefined> {
  const claimed = openFolders()
  if (claimed.has(folder)) return undefined
  claimed.add(folder)
  const release = (): void => void claimed.delete(folder)
  if (!(await isOpenElsewhere(join(folder, 'LOCK')))) return release
  release()
  return undefined
}

function openFolders(): Set<string> {
  const shared = globalThis as { [registry: symbol]: Set<string> | undefined }
  return (shared[REGISTRY] ??= new Set())
}

/** Whether another thread of this process has the file open. Where the system does not list that: false. */
async function isOpenElsewhere(file: string): Promise<boolean> {
  const handles = await readdir(OWN_FILES).catch(() => [])
  for (const handle of handles) {
    if ((await readlink(join(OWN_FILES, handle)).catch(() => undefined)) === file) return true
  }
  return false
}
