import type { AbstractBatchOperation, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { NodeError } from '../errors/node-error.ts'
import type { KeyRange, KeyValueNamespace, KeyValueOperation } from './key-value-store.ts'
import type { OpenStore } from './open-store.ts'
import { asStoreError, storeError } from './store-error.ts'

/** Any database of the `abstract-level` family, whatever it stores its keys as. */
export type AnyLevel = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>
type Sublevel = AbstractSublevel<AnyLevel, string | Buffer | Uint8Array, string, Uint8Array>

/**
 * A store on a database of the `abstract-level` family. Writes go one after another, and one that failed is
 * followed by none before the database has been closed and opened anew: LevelDB appends to its log behind the
 * half record that a full disk left, and forgets whatever follows it the next time that it reads the log.
 */
export class LevelStore implements OpenStore {
  readonly #level: AnyLevel
  readonly #onClosed: () => void
  #sublevels = new Map<string, Sublevel>()
  /** Settles with the last write, never rejects. */
  #lastWrite: Promise<unknown> = Promise.resolve()
  /** A write failed, and the database has not been opened anew since. */
  #torn = false
  #reopening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** @param onClosed Called once, when the files are let go of. */
  constructor(level: AnyLevel, onClosed: () => void = () => undefined) {
    this.#level = level
    this.#onClosed = onClosed
  }

  namespace(name: string): KeyValueNamespace {
    return {
      get: (key) =>
        asStoreError('The store refused to read.', async () => plain(await (await this.#of(name)).get(key))),
      getMany: (keys) =>
        asStoreError('The store refused to read.', async () =>
          (await (await this.#of(name)).getMany([...keys])).map(plain),
        ),
      entries: (range) => this.#entries(name, range),
      batch: (operations) => this.#write(name, operations.map(levelOperation)),
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #write(name: string, operations: AbstractBatchOperation<Sublevel, string, Uint8Array>[]): Promise<void> {
    const written = this.#lastWrite.then(async () => {
      const sublevel = await this.#of(name)
      try {
        await sublevel.batch(operations)
      } catch (cause) {
        this.#torn = true
        throw storeError('The store refused to write.', cause)
      }
    })
    this.#lastWrite = written.catch(() => undefined)
    return written
  }

  async *#entries(
    name: string,
    { from, before }: KeyRange = {},
  ): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
    const range = { ...(from !== undefined && { gte: from }), ...(before !== undefined && { lt: before }) }
    try {
      const sublevel = await this.#of(name)
      for await (const [key, value] of sublevel.iterator(range)) yield [key, plain(value)]
    } catch (cause) {
      throw storeError('The store refused to read.', cause)
    }
  }

  /** @throws NodeError while the database cannot be opened anew. */
  async #of(name: string): Promise<Sublevel> {
    if (this.#closing !== undefined) throw new NodeError('store-failed', 'The store has been closed.')
    if (this.#torn) {
      this.#reopening ??= this.#reopen().finally(() => {
        this.#reopening = undefined
      })
      await this.#reopening
    }
    let sublevel = this.#sublevels.get(name)
    if (sublevel === undefined) {
      sublevel = this.#level.sublevel<string, Uint8Array>(name, { valueEncoding: 'view' })
      this.#sublevels.set(name, sublevel)
    }
    return sublevel
  }

  async #reopen(): Promise<void> {
    this.#sublevels = new Map()
    try {
      await this.#level.close()
      await this.#level.open()
      this.#torn = false
    } catch (cause) {
      throw storeError('The store failed to write, and cannot be opened anew.', cause)
    }
  }

  async #close(): Promise<void> {
    await this.#lastWrite
    await this.#reopening?.catch(() => undefined)
    try {
      await asStoreError('The store cannot be closed.', () => this.#level.close())
    } finally {
      this.#onClosed()
    }
  }
}

/** Databases hand out a Buffer, whose `slice` shares what a Uint8Array's copies. */
function plain<T extends Uint8Array | undefined>(bytes: T): T | Uint8Array {
  if (bytes === undefined || bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function levelOperation(operation: KeyValueOperation): AbstractBatchOperation<Sublevel, string, Uint8Array> {
  return operation.type === 'put' ? operation : { type: 'del', key: operation.key }
}
