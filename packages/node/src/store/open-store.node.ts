import { readdir, realpath } from 'node:fs/promises'
import { NodeError } from '../errors/node-error.ts'
import { type AnyLevel, LevelStore } from './level-store.ts'
import type { OpenStore } from './open-store.ts'
import { makeFolder } from './make-folder.node.ts'
import { claimFolder } from './open-folders.node.ts'
import { storeError } from './store-error.ts'

/** Written into a database when it is made: what is found without it is another program's. */
const OWNER = 'sapwood'
const OWNER_KEY = 'store'
/** Raised when the store as a whole changes its form. */
const FORMAT = Uint8Array.of(1)
/** LevelDB's tables, which nothing but a lost `CURRENT` leaves behind without one. */
const TABLE = /\.(?:ldb|sst)$/

/**
 * A store in a folder of its own (LevelDB through `classic-level`), made where there is none. One process at
 * a time: the folder is locked. What `batch` resolved for survives the death of the process; a power cut may
 * take the last writes, never half of one. After a write that failed (a full disk) the database is opened
 * anew before the next; until that succeeds each is refused.
 * @throws NodeError `store-locked` where this process or another has it, `store-corrupt` where it does not
 * read back, `store-full` where the disk has no room, `store-foreign` where it is another program's, is no
 * folder or must not be written to, else `store-failed`; `detail` is the folder.
 */
export async function openStore(folder: string): Promise<OpenStore> {
  const cannot = (cause: unknown): NodeError =>
    storeError(`Cannot open the store in ${folder}.`, cause, { detail: folder })
  let release: (() => void) | undefined
  try {
    await makeFolder(folder)
    const path = await realpath(folder)
    release = await claimFolder(path)
    if (release === undefined)
      throw new NodeError('store-locked', `This process has the store in ${folder} open.`, { detail: folder })
    await refuseHeadless(path, folder)
    return await openLevel(path, folder, release)
  } catch (cause) {
    release?.()
    throw cannot(cause)
  }
}

async function openLevel(path: string, folder: string, release: () => void): Promise<OpenStore> {
  const { ClassicLevel } = await import('classic-level')
  const level = new ClassicLevel<string, Uint8Array>(path, { valueEncoding: 'view' })
  await level.open()
  try {
    await claimDatabase(level, folder)
  } catch (error) {
    await level.close()
    throw error
  }
  return new LevelStore(level, release)
}

/** Where `CURRENT` is gone LevelDB would begin a new database, and delete what it does not know. */
async function refuseHeadless(path: string, folder: string): Promise<void> {
  const names = await readdir(path)
  if (names.includes('CURRENT') || !names.some((name) => TABLE.test(name))) return
  throw new NodeError('store-corrupt', `The store in ${folder} has lost its file CURRENT.`, {
    detail: folder,
  })
}

/** Marks a new database as ours. @throws NodeError `store-foreign` for what another program keeps there. */
async function claimDatabase(level: AnyLevel, folder: string): Promise<void> {
  const mark = level.sublevel<string, Uint8Array>(OWNER, { valueEncoding: 'view' })
  const found = await mark.get(OWNER_KEY)
  if (found !== undefined) {
    if (found.length === FORMAT.length && found[0] === FORMAT[0]) return
    throw new NodeError('store-foreign', `The store in ${folder} is of another version of this package.`, {
      detail: folder,
    })
  }
  const [first] = await level.keys({ limit: 1 }).all()
  if (first !== undefined)
    throw new NodeError('store-foreign', `The database in ${folder} is another program's.`, {
      detail: folder,
    })
  await mark.put(OWNER_KEY, FORMAT)
}
