import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * What the cache folder says of a program that was installed into it. Paths are relative to the program's
 * folder.
 */
export interface Installation {
  readonly executable: string
  readonly loader?: string
  /** Folders of shared libraries. */
  readonly libraries: readonly string[]
  readonly packages: readonly string[]
}

/**
 * Bytes of each file that the program cannot run without, so that a folder that was restored in part is known
 * as such.
 */
type NeededFiles = Readonly<Record<string, number>>

const INSTALLATION_FILE = 'installation.json'

/**
 * What stands in a program's folder: nothing, an installation, or the remains of one and what is wrong with
 * them.
 */
export type FoundInstallation =
  | { readonly state: 'none' }
  | { readonly state: 'whole'; readonly installation: Installation }
  | { readonly state: 'broken'; readonly why: string }

/** Looks whether a program is in its folder, whole: a cache may have been cut off, or restored in part. */
export function readInstallation(folder: string): FoundInstallation {
  let text: string
  try {
    text = readFileSync(join(folder, INSTALLATION_FILE), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? { state: 'none' } : { state: 'broken', why: message }
  }
  const read = parseInstallation(text)
  if (read === undefined)
    return { state: 'broken', why: `${INSTALLATION_FILE} was cut off or is no such file` }
  const { installation, files } = read
  for (const path of [installation.executable, installation.loader]) {
    if (path !== undefined && !isExecutableFile(join(folder, path))) {
      return { state: 'broken', why: `${path} is not there or cannot be run` }
    }
  }
  for (const [path, size] of Object.entries(files)) {
    if (statSync(join(folder, path), { throwIfNoEntry: false })?.size !== size) {
      return { state: 'broken', why: `${path} is not there or not whole` }
    }
  }
  return { state: 'whole', installation }
}

function parseInstallation(
  text: string,
): { readonly installation: Installation; readonly files: NeededFiles } | undefined {
  let value: Partial<Record<keyof Installation | 'files', unknown>> | null
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { executable, loader, libraries, packages, files = {} } = value
  const isText = (it: unknown): it is string => typeof it === 'string'
  const areTexts = (it: unknown): it is readonly string[] => Array.isArray(it) && it.every(isText)
  if (!isText(executable) || !areTexts(libraries) || !areTexts(packages)) return undefined
  if ((loader !== undefined && !isText(loader)) || typeof files !== 'object' || files === null)
    return undefined
  const installation = { executable, libraries, packages, ...(loader !== undefined && { loader }) }
  return { installation, files: files as NeededFiles }
}

/**
 * Completes an installation that was made beside its place, and moves it there. What stands there is taken
 * away, where it is not whole: another machine that shares the folder may have been faster.
 */
export async function placeInstallation(
  made: string,
  installation: Installation,
  folder: string,
): Promise<void> {
  if (!isExecutableFile(join(made, installation.executable))) {
    throw new Error(`${installation.executable} is not among what was unpacked, or cannot be run`)
  }
  const record = { ...installation, files: await neededFiles(made, installation) }
  await writeFile(join(made, INSTALLATION_FILE), `${JSON.stringify(record, null, 2)}\n`)
  if (readInstallation(folder).state === 'whole') return await rm(made, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
  await rename(made, folder)
}

async function neededFiles(folder: string, { executable, libraries }: Installation): Promise<NeededFiles> {
  const files: Record<string, number> = {}
  const note = async (path: string): Promise<void> => {
    // A link that leads nowhere is nothing that the program needs.
    const found = await stat(join(folder, path)).catch(() => undefined)
    if (found?.isFile() === true) files[path] = found.size
  }
  await note(executable)
  for (const library of libraries) {
    const names = await readdir(join(folder, library)).catch(() => [])
    for (const name of names) if (/\.so(\.|$)/.test(name)) await note(join(library, name))
  }
  return files
}

/** Age from which an unfinished installation is that of a process which is gone, in milliseconds. */
const ABANDONED_AFTER = 3_600_000

/** Removes what processes that were killed have left beside a program's folder. */
export async function removeAbandoned(folder: string, now: number): Promise<void> {
  const prefix = `${basename(folder)}.unfinished`
  for (const name of await readdir(dirname(folder)).catch(() => [])) {
    if (!name.startsWith(prefix)) continue
    const path = join(dirname(folder), name)
    const changed = (await stat(path).catch(() => undefined))?.mtimeMs ?? now
    if (now - changed > ABANDONED_AFTER) await rm(path, { recursive: true, force: true })
  }
}

/** Whether there is a file (not a folder, which may be "executable" too) that we may run. */
export function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
