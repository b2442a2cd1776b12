/** Items one after the other in memory: copied once, for those that are hashed under many keys. */
export class PackedItems {
  readonly bytes: Uint8Array
  /** Where each of them ends. */
  readonly ends: Uint32Array

  constructor(items: readonly Uint8Array[]) {
    this.ends = new Uint32Array(items.length)
    let end = 0
    for (let i = 0; i < items.length; i++) this.ends[i] = end += items[i]!.length
    this.bytes = new Uint8Array(end)
    for (let i = 0; i < items.length; i++) this.bytes.set(items[i]!, this.start(i))
  }

  get length(): number {
    return this.ends.length
  }

  /** Where an item begins. */
  start(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!
  }
}
