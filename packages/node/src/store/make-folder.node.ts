import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { NodeError } from '../errors/node-error.ts'
import { storeError } from './store-error.ts'

/**
 * Makes a folder, and those above it that are missing; nothing where it is there. The recursive `mkdir` of
 * Node.js 20 does not end where a folder can be neither found nor made, as below `/proc`: this one goes up to
 * the first that is there, and then down.
 * @throws NodeError `store-full`, `store-foreign` where it must not be made, or is no folder, else
 * `store-failed`; `detail` is the folder.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    const missing: string[] = []
    for (let at = resolve(folder); !(await isThere(at)); at = dirname(at)) {
      missing.push(at)
      // A drive that there is not.
      if (dirname(at) === at) break
    }
    for (const path of missing.reverse()) await makeOne(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const text = `Cannot make the folder ${folder}: ${message}`
    const facts = { detail: folder, cause }
    // The one above it is there: a place that takes no folders, and nothing that was lost.
    throw code === 'ENOENT' ? new NodeError('store-foreign', text, facts) : storeError(text, cause, facts)
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    // Somebody else may have been faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isThere(path))) return
    throw error
  }
}

/** @throws the system's error for what is no folder. */
async function isThere(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), { code: 'ENOTDIR' })
}
