import { bytesToHex } from '@sapwood/wire-codec'
import type { BlockRef, FilterPosition, KeyValueOperation } from '../index.ts'
import { type TransactionChange, WatchLedger } from './watch-ledger.ts'
import {
  changeOperation,
  type KeptWatch,
  type Lookback,
  lookbackOperation,
  noLookbackOperation,
  placeOperation,
  scriptOperation,
  type WatchPlace,
  type WatchStore,
} from './watch-store.ts'

/** Told of what has been written. @returns what is to be written besides, with the next batch. */
export type OnSaved = (
  changes: ReadonlyMap<string, TransactionChange>,
  position: BlockRef | undefined,
) => readonly KeyValueOperation[]

/** What a watcher knows, and how far: in memory, and on its way into the store. */
export class WatchState {
  readonly ledger: WatchLedger = new WatchLedger()
  readonly #store: Pick<WatchStore, 'write'>
  readonly #onSaved: OnSaved
  #place: WatchPlace | undefined
  #lookbacks: readonly Lookback[]
  #operations: KeyValueOperation[] = []
  #saving: Promise<void> = Promise.resolve()

  constructor(kept: KeptWatch, store: Pick<WatchStore, 'write'>, onSaved: OnSaved) {
    this.#store = store
    this.#onSaved = onSaved
    this.#place = kept.place
    this.#lookbacks = kept.lookbacks
    for (const { script, from } of kept.scripts) this.ledger.watch([script], from)
    this.ledger.restore(kept.entries)
  }

  /** Undefined before anything has been watched. */
  get place(): WatchPlace | undefined {
    return this.#place
  }

  get position(): BlockRef | undefined {
    const position = this.#place?.position
    return position && { height: position.height, hash: position.hash }
  }

  get lookbacks(): readonly Lookback[] {
    return this.#lookbacks
  }

  /**
   * Scripts are watched from a height on.
   * @param position Up to where others have been looked for.
   * @returns whether all that is watched begins further down now.
   */
  add(scripts: readonly Uint8Array[], from: number, position: FilterPosition | undefined): boolean {
    const before = this.#place?.start
    this.ledger.watch(scripts, from)
    this.#setPlace({ start: Math.min(from, before ?? from), position: this.#place?.position })
    let id = 0
    if (position !== undefined && from <= position.height) {
      id = 1 + Math.max(0, ...this.#lookbacks.map((each) => each.id))
      const lookback = { id, from, scripts }
      this.#lookbacks = [...this.#lookbacks, lookback]
      this.#operations.push(lookbackOperation(lookback))
    }
    for (const script of scripts) this.#operations.push(scriptOperation({ script, from }, id))
    return position === undefined && before !== undefined && from < before
  }

  /** Blocks up to this one have been looked at. */
  passed(position: FilterPosition | undefined): void {
    this.#setPlace({ start: this.#place?.start ?? 0, position })
  }

  /** Blocks up to this one have been looked at for the scripts of a lookback. */
  lookedBack(id: number, position: number | FilterPosition): void {
    this.#lookbacks = this.#lookbacks.map((each) => (each.id === id ? { ...each, from: position } : each))
    this.#operations.push(lookbackOperation({ id, from: position }))
  }

  /** All blocks have been looked at for the scripts of a lookback. */
  endLookback({ id, scripts }: Lookback): void {
    this.#lookbacks = this.#lookbacks.filter((each) => each.id !== id)
    // One that was added again meanwhile waits for a later one.
    const waiting = new Set(this.#lookbacks.flatMap((each) => each.scripts.map(bytesToHex)))
    for (const script of scripts) {
      const from = this.ledger.firstHeight(script)
      if (from !== undefined && !waiting.has(bytesToHex(script)))
        this.#operations.push(scriptOperation({ script, from }, 0))
    }
    this.#operations.push(noLookbackOperation(id))
  }

  /**
   * Writes all that has changed, at once or not at all; what could not be written goes with the next call.
   */
  save(operations: readonly KeyValueOperation[] = []): Promise<void> {
    this.#operations = [...this.#operations, ...operations]
    const saved = this.#saving.then(() => this.#write())
    this.#saving = saved.catch(() => undefined)
    return saved
  }

  #setPlace(place: WatchPlace): void {
    this.#place = place
    this.#operations.push(placeOperation(place))
  }

  async #write(): Promise<void> {
    const operations = this.#operations
    const changes = this.ledger.takeChanges()
    if (operations.length + changes.size === 0) return
    this.#operations = []
    const { position } = this
    try {
      await this.#store.write([
        ...operations,
        ...[...changes].map(([key, change]) => changeOperation(key, change)),
      ])
    } catch (error) {
      this.#operations = [...operations, ...this.#operations]
      this.ledger.giveBack(changes)
      throw error
    }
    this.#operations = [...this.#operations, ...this.#onSaved(changes, position)]
  }
}
