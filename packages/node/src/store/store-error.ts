import { isNodeError, NodeError, type NodeErrorCode, type NodeErrorFacts } from '../errors/node-error.ts'

/** Why a store does not do what it is asked. */
type StoreErrorCode = Extract<NodeErrorCode, `store-${string}`>

/** Causes that are followed to find out what an error is, so that one that names itself as its cause ends. */
const MAX_CAUSES = 8

/** `code` of the errors of LevelDB (`abstract-level`) and of the system, and what each means. */
const MEANINGS: Readonly<Record<string, StoreErrorCode>> = {
  LEVEL_LOCKED: 'store-locked',
  LEVEL_CORRUPTION: 'store-corrupt',
  ENOSPC: 'store-full',
  EDQUOT: 'store-full',
  EFBIG: 'store-full',
  EACCES: 'store-foreign',
  EPERM: 'store-foreign',
  EROFS: 'store-foreign',
  ENOTDIR: 'store-foreign',
  EEXIST: 'store-foreign',
  EISDIR: 'store-foreign',
}

/** `name` of what IndexedDB rejects with, and what it means. */
const NAMES: Readonly<Record<string, StoreErrorCode>> = {
  QuotaExceededError: 'store-full',
  VersionError: 'store-foreign',
  SecurityError: 'store-foreign',
}

/** LevelDB tells of the system's errors in words alone, as `strerror` of the platform has them. */
const WORDS: readonly (readonly [RegExp, StoreErrorCode])[] = [
  [/no space left|disk quota|file too large/i, 'store-full'],
  [/permission denied|not permitted|read-only|not a directory|is a directory/i, 'store-foreign'],
  [/does not match existing comparator/i, 'store-foreign'],
  [/corruption|missing files|no such file/i, 'store-corrupt'],
]

/**
 * What went wrong with a store, as a `NodeError` that says which kind it is.
 * One that says so already stays as it is.
 */
export function storeError(message: string, cause: unknown, facts: NodeErrorFacts = {}): NodeError {
  if (isNodeError(cause) && isStoreError(cause)) return cause
  return new NodeError(kindOf(cause), message, { ...facts, cause })
}

/** Runs an action of a store; what it throws is a store's error. */
export async function asStoreError<T>(message: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw storeError(message, cause)
  }
}

function isStoreError({ code }: NodeError): boolean {
  return code.startsWith('store-')
}

function kindOf(error: unknown): StoreErrorCode {
  let words: StoreErrorCode | undefined
  let cause: unknown = error
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === 'object' && cause !== null; depth++) {
    const { code, name, message, cause: next } = cause as Partial<Record<keyof Error | 'code', unknown>>
    if (typeof code === 'string' && Object.hasOwn(MEANINGS, code)) return MEANINGS[code]!
    if (typeof name === 'string' && Object.hasOwn(NAMES, name)) return NAMES[name]!
    if (typeof message === 'string') words ??= WORDS.find(([pattern]) => pattern.test(message))?.[1]
    cause = next
  }
  return words ?? 'store-failed'
}
