import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'

/**
 * Makes a folder, and those above it, where they are not there yet.
 * @param advice what to do where that cannot be: `set SAPWOOD_CACHE to a folder that can be written`.
 * @throws IntegrationError `folder-unusable`
 */
export async function makeFolder(folder: string, advice: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (cause) {
    throw folderUnusable(folder, advice, cause)
  }
}

/**
 * Makes a folder with a name of its own in the system's temporary folder.
 * @throws IntegrationError `folder-unusable`
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), prefix))
  } catch (cause) {
    throw folderUnusable(tmpdir(), 'set TMPDIR to a folder that is there and can be written', cause)
  }
}

/** The error for a folder in which something could not be made, read or written. */
export function folderUnusable(folder: string, advice: string, cause: unknown): IntegrationError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const message = `${folder} cannot be used (${why}): ${advice}`
  return new IntegrationError('folder-unusable', message, { cause, folder })
}
