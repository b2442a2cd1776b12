import { ByteReader, ByteWriter, bytesEqual, concatBytes, type Network, sha256 } from '@sapwood/wire-codec'
import { decodeStump, encodeStump, isUtreexoError } from '@sapwood/utreexo'
import type { KeyValueNamespace, KeyValueOperation, KeyValueStore } from '../store/key-value-store.ts'
import { checkStoreFormat } from '../store/store-format.ts'
import type { UtreexoState } from './utreexo-state.ts'
import { UtreexoStates } from './utreexo-states.ts'

/** Increased when what is stored changes its form. */
const FORMAT = 1
/** How far the chain is proved. */
const MARK_KEY = 'mark'
const STATE_PREFIX = 'state/'
const CHECKSUM_SIZE = 4

/** What was found in a store. */
export interface LoadedStates {
  /** By rising height; empty in a new store. */
  readonly states: readonly UtreexoState[]
  /** States that did not read back, and those above the mark. They have been taken out. */
  readonly dropped: number
}

/**
 * States of the accumulator in a store, and the mark of how far the chain is proved: both of one batch, so
 * that neither is ever ahead of the other, whenever the process is killed.
 */
export class UtreexoStore {
  readonly #space: KeyValueNamespace
  readonly #network: Network
  #saving: Promise<void> = Promise.resolve()

  constructor(store: KeyValueStore, network: Network) {
    this.#space = store.namespace('utreexo')
    this.#network = network
  }

  /**
   * @throws NodeError `store-foreign` for another network's or a later version's, `store-failed` and its
   * sisters.
   */
  async load(): Promise<LoadedStates> {
    await checkStoreFormat(this.#space, { format: FORMAT, network: this.#network })
    const mark = readMark(await this.#space.get(MARK_KEY))
    const states: UtreexoState[] = []
    const bad: KeyValueOperation[] = []
    for await (const [key, value] of this.#space.entries()) {
      if (!key.startsWith(STATE_PREFIX)) continue
      const state = readState(key, value)
      if (state === undefined || mark === undefined || state.height > mark) bad.push({ type: 'delete', key })
      else states.push(state)
    }
    if (bad.length > 0) await this.#space.batch(bad)
    return { states, dropped: bad.length }
  }

  /**
   * Writes what has changed, with the mark, at once or not at all. One write at a time: a second call waits
   * for the first.
   */
  save(states: UtreexoStates): Promise<void> {
    const saved = this.#saving.then(() => this.#write(states))
    this.#saving = saved.catch(() => undefined)
    return saved
  }

  async #write(states: UtreexoStates): Promise<void> {
    const changes = states.takeChanges()
    if (changes.put.length === 0 && changes.deleted.length === 0) return
    try {
      await this.#space.batch([
        ...changes.deleted.map((height) => ({ type: 'delete' as const, key: keyOf(height) })),
        ...changes.put.map((state) => ({
          type: 'put' as const,
          key: keyOf(state.height),
          value: bytesOf(state),
        })),
        { type: 'put', key: MARK_KEY, value: new ByteWriter().u32(states.tip.height).finish() },
      ])
    } catch (error) {
      states.giveBack(changes)
      throw error
    }
  }
}

/** Keys sort as their heights do. */
function keyOf(height: number): string {
  return `${STATE_PREFIX}${height.toString(16).padStart(8, '0')}`
}

function readMark(value: Uint8Array | undefined): number | undefined {
  return value?.length === 4 ? new ByteReader(value).u32() : undefined
}

function bytesOf({ hash, stump }: UtreexoState): Uint8Array {
  const content = concatBytes(hash, encodeStump(stump, 'rustreexo'))
  return concatBytes(checksum(content), content)
}

function readState(key: string, value: Uint8Array): UtreexoState | undefined {
  const height = Number.parseInt(key.slice(STATE_PREFIX.length), 16)
  const content = value.slice(CHECKSUM_SIZE)
  const isWhole = content.length > 32 && bytesEqual(value.subarray(0, CHECKSUM_SIZE), checksum(content))
  if (!isWhole || keyOf(height) !== key) return undefined
  const reader = new ByteReader(content)
  try {
    return { height, hash: reader.blockHash(), stump: decodeStump(reader.rest(), 'rustreexo') }
  } catch (error) {
    if (isUtreexoError(error)) return undefined
    throw error
  }
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECKSUM_SIZE)
}
