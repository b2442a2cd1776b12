import { NodeError } from '../errors/node-error.ts'
import type { OpenStore } from '../store/open-store.ts'
import { storeError } from '../store/store-error.ts'
import { claimOrigin } from './claim-origin.ts'
import { openDatabase } from './indexed-db.ts'
import { IndexedStore } from './indexed-store.ts'

/**
 * A store in the IndexedDB of the page's origin, under a name of its own, made where there is none. One page
 * or worker at a time: `navigator.locks` keeps the others out. What `batch` resolved for survives the end of
 * the page; the browser may clear all of it when its disk is short, unless the page asks it not to
 * (`navigator.storage.persist()`).
 * @throws NodeError `store-locked` where another page or worker of the origin has it, `store-full` at the
 * origin's quota, `store-foreign` where it is a later version's, `store-failed` where the page has no
 * `navigator.locks` (it comes over plain HTTP) or no IndexedDB; `detail` is the name.
 */
export async function openStore(name: string): Promise<OpenStore> {
  let release: (() => void) | undefined
  try {
    release = await claimOrigin(name)
    if (release === undefined)
      throw new NodeError('store-locked', `Another page or worker has the store ${name} open.`, {
        detail: name,
      })
    return new IndexedStore(await openDatabase(name), release)
  } catch (cause) {
    release?.()
    throw storeError(`Cannot open the store ${name}.`, cause, { detail: name })
  }
}
