import { type HeaderTable, NO_SLOT } from './header-table.ts'

const FIRST_CAPACITY = 4096

/** The best chain: the slot of the header at each height, from that of slot 0 on. */
export class ActiveChain {
  readonly #table: HeaderTable
  #slots: Uint32Array
  /** Height of the first header. */
  readonly #base: number
  #tipHeight: number

  /** Begins as the header in slot 0 alone. */
  constructor(table: HeaderTable) {
    this.#table = table
    this.#slots = new Uint32Array(FIRST_CAPACITY)
    this.#base = this.#tipHeight = table.height(0)
  }

  get tip(): number {
    return this.#slots[this.#tipHeight - this.#base]!
  }

  at(height: number): number | undefined {
    return height >= this.#base && height <= this.#tipHeight ? this.#slots[height - this.#base] : undefined
  }

  has(slot: number): boolean {
    return this.at(this.#table.height(slot)) === slot
  }

  /** The last header of the best chain that `slot` builds on, or itself. */
  fork(slot: number): number {
    let at = slot
    while (!this.has(at)) at = this.#table.parent(at)
    return at
  }

  /** The header at `height` (at most its own) on the chain that ends in `slot`. */
  ancestor(slot: number, height: number): number {
    let at = slot
    while (this.#table.height(at) > height) {
      if (this.has(at)) return this.#slots[height - this.#base]!
      at = this.#table.parent(at)
    }
    return at
  }

  /** Makes the chain that ends in `slot` the best one. Costs as much as it differs from the one before. */
  setTip(slot: number): void {
    const height = this.#table.height(slot)
    const count = height - this.#base + 1
    if (count > this.#slots.length) {
      const grown = new Uint32Array(Math.max(count, Math.ceil(this.#slots.length * 1.5)))
      grown.set(this.#slots)
      this.#slots = grown
    }
    const oldHeight = this.#tipHeight
    for (let at = slot, h = height; at !== NO_SLOT; at = this.#table.parent(at), h--) {
      if (h <= oldHeight && this.#slots[h - this.#base] === at) break
      this.#slots[h - this.#base] = at
    }
    this.#tipHeight = height
  }
}
