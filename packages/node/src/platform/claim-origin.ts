import { NodeError } from '../errors/node-error.ts'

/** What is used of `navigator.locks`. */
interface LockRuntime {
  readonly navigator?: {
    readonly locks?: {
      request(
        name: string,
        options: { readonly ifAvailable: true },
        held: (lock: unknown) => Promise<void> | undefined,
      ): Promise<unknown>
    }
  }
}

/**
 * Claims a store for this page or worker, among all of its origin: two that write would take each other's
 * headers for damage. The browser gives it back where the page ends without doing so.
 * @returns how to give it back; undefined where another has it.
 * @throws NodeError `store-failed` where the page has no locks.
 */
export async function claimOrigin(name: string): Promise<(() => void) | undefined> {
  const locks = (globalThis as LockRuntime).navigator?.locks
  if (locks === undefined)
    throw new NodeError('store-failed', 'A store needs navigator.locks: serve the page over HTTPS.', {
      detail: name,
    })
  return await new Promise((resolve, reject) => {
    const held = (lock: unknown): Promise<void> | undefined => {
      if (lock !== null) return new Promise<void>((release) => resolve(release))
      resolve(undefined)
      return undefined
    }
    locks.request(`@sapwood/node/${name}`, { ifAvailable: true }, held).catch(reject)
  })
}
