/** Whose chain is kept, in `localStorage`. */
const KEPT_OF = 'sapwood light-client peer'
/** The database of the worker's store. */
const DATABASE = 'sapwood/light-client'

/**
 * Forgets the headers of an earlier start of `npm run page`, which had a chain of its own: they may well
 * carry more work than those of now.
 * @returns whether there was one.
 */
export async function forgetOtherChain(peer: string): Promise<boolean> {
  const before = localStorage.getItem(KEPT_OF)
  if (before === peer) return false
  if (before !== null)
    await new Promise<void>((resolve) => {
      const request = indexedDB.deleteDatabase(DATABASE)
      // A tab that has it open still is told of by the store itself.
      request.onsuccess = request.onerror = request.onblocked = () => resolve()
    })
  try {
    localStorage.setItem(KEPT_OF, peer)
  } catch {
    // The origin's quota: then nothing else is kept either.
  }
  return before !== null
}
