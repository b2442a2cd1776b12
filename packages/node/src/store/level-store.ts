import type { AbstractBatchOperation, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { MemoryLevel } from 'memory-level'
import { NodeError } from '../errors/node-error.ts'
import type { KeyValueNamespace, KeyValueOperation, KeyValueStore } from './key-value-store.ts'

/** Any database of the `abstract-level` family, whatever it stores its keys as. */
type AnyLevel = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>
type Sublevel = AbstractSublevel<AnyLevel, string | Buffer | Uint8Array, string, Uint8Array>

/** A store that something has to close. */
export interface OpenStore extends KeyValueStore, AsyncDisposable {
  /** Waits for what is being written and lets go of the files. */
  close(): Promise<void>
}

/** A store that is gone with the process. */
export function createMemoryStore(): OpenStore {
  return createLevelStore(new MemoryLevel<string, Uint8Array>({ valueEncoding: 'view' }))
}

/**
 * A store in a folder of its own (LevelDB through `classic-level`), made where there is none. One process at a time: the folder
 * is locked. What `batch` resolved for survives the death of the process; a power cut may take the last writes, never half of one.
 * @throws NodeError `store-failed` where the folder cannot be used, or another process has it.
 */
export async function openStore(folder: string): Promise<OpenStore> {
  const { ClassicLevel } = await import('classic-level')
  const level = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
  try {
    await level.open()
  } catch (cause) {
    throw new NodeError('store-failed', `Cannot open the store in ${folder}.`, { cause, detail: folder })
  }
  return createLevelStore(level)
}

/** A store on any database of the `abstract-level` family. */
export function createLevelStore(level: AnyLevel): OpenStore {
  const close = async (): Promise<void> => level.close()
  return {
    namespace: (name) => namespaceOf(level.sublevel<string, Uint8Array>(name, { valueEncoding: 'view' })),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function namespaceOf(sublevel: Sublevel): KeyValueNamespace {
  return {
    get: async (key) => plain(await failing('read', sublevel.get(key))),
    entries: () => plainEntries(sublevel),
    batch: async (operations) => failing('write', sublevel.batch(operations.map(levelOperation))),
  }
}

async function* plainEntries(
  sublevel: Sublevel,
): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
  for await (const [key, value] of sublevel.iterator()) yield [key, plain(value)]
}

/** Databases hand out a Buffer, whose `slice` shares what a Uint8Array's copies. */
function plain<T extends Uint8Array | undefined>(bytes: T): T | Uint8Array {
  if (bytes === undefined || bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function levelOperation(operation: KeyValueOperation): AbstractBatchOperation<Sublevel, string, Uint8Array> {
  return operation.type === 'put' ? operation : { type: 'del', key: operation.key }
}

async function failing<T>(what: 'read' | 'write', action: Promise<T>): Promise<T> {
  try {
    return await action
  } catch (cause) {
    throw new NodeError('store-failed', `The store refused to ${what}.`, { cause })
  }
}
