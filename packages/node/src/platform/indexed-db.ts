/** What is used of IndexedDB, which is no part of the language: a request, and what answers it. */
export interface IdbRequest<T> {
  readonly result: T
  readonly error: unknown
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}

interface IdbOpenRequest extends IdbRequest<IdbDatabase> {
  onupgradeneeded: (() => void) | null
  onblocked: (() => void) | null
}

export interface IdbObjectStore {
  get(key: unknown): IdbRequest<unknown>
  getAll(range: unknown, count: number): IdbRequest<unknown[]>
  getAllKeys(range: unknown, count: number): IdbRequest<unknown[]>
  put(value: unknown, key: unknown): IdbRequest<unknown>
  delete(key: unknown): IdbRequest<unknown>
}

export interface IdbTransaction {
  readonly error: unknown
  oncomplete: (() => void) | null
  onabort: (() => void) | null
  objectStore(name: string): IdbObjectStore
  abort(): void
}

export interface IdbDatabase {
  createObjectStore(name: string): unknown
  transaction(store: string, mode: 'readonly' | 'readwrite'): IdbTransaction
  close(): void
}

export interface IdbKeyRanges {
  bound(lower: unknown, upper: unknown, lowerOpen: boolean, upperOpen: boolean): unknown
}

interface IdbRuntime {
  readonly indexedDB?: { open(name: string, version: number): IdbOpenRequest }
}

/** The one object store of the database: keys are `[namespace, key]`. */
export const ENTRIES = 'entries'
/** Raised when the store as a whole changes its form. */
const FORMAT = 1
/** Before the name of each database of ours. */
const PREFIX = 'sapwood/'

/** Opens the database of a store, made where there is none. @throws what IndexedDB gives as its error. */
export async function openDatabase(name: string): Promise<IdbDatabase> {
  const { indexedDB } = globalThis as IdbRuntime
  if (indexedDB === undefined) throw new Error('There is no IndexedDB here')
  const request = indexedDB.open(PREFIX + name, FORMAT)
  request.onupgradeneeded = () => void request.result.createObjectStore(ENTRIES)
  return await answerOf(request)
}

/** What a request is answered with. */
export function answerOf<T>(request: IdbRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(asError(request.error))
  })
}

/** Resolves when all of a transaction is in the database; nothing of it is where it rejects. */
export function endOf(transaction: IdbTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(asError(transaction.error))
  })
}

/** A `DOMException` is an `Error`; a transaction that the browser gave up has none. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The browser gave the request up', { cause: error })
}
