import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeFolder } from './usable-folder.ts'

/** Files that mark the root of a project. */
const ROOT_MARKS = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', '.git']

/** The nearest folder at or above `from` that is the root of a project; `from` itself where there is none. */
function projectRoot(from: string = process.cwd()): string {
  let folder = resolve(from)
  for (;;) {
    if (ROOT_MARKS.some((mark) => existsSync(join(folder, mark)))) return folder
    const above = dirname(folder)
    if (above === folder) return resolve(from)
    folder = above
  }
}

/**
 * Where programs are installed and large test data is kept: the `SAPWOOD_CACHE` variable, else `.cache` in
 * the root of the project that we are run from.
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const chosen = environment['SAPWOOD_CACHE']
  return chosen ? resolve(chosen) : join(projectRoot(), '.cache')
}

/**
 * Makes the cache folder, with a `.gitignore` of its own, so that nobody commits programs.
 * @param advice what to do where that cannot be.
 * @throws IntegrationError `folder-unusable`
 */
export async function makeCacheFolder(folder: string, advice: string): Promise<void> {
  await makeFolder(folder, advice)
  // One that is there is somebody's; where none can be written, the installation says so.
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(() => undefined)
}
