import type { HashItems } from './hash-items.ts'
import { loadWasm } from './load-wasm.ts'
import { PackedItems } from './packed-items.ts'
import { MODULE } from './siphash.wasm.ts'

/** Bytes and items of one batch (wasm/siphash.c). */
const WINDOW = 65_536
const MAX_ITEMS = 4_096

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly items_at: () => number
  readonly ends_at: () => number
  readonly values_at: () => number
  readonly ranged: (
    count: number,
    k0Low: number,
    k0High: number,
    k1Low: number,
    k1High: number,
    range: number,
  ) => void
}

/** Where the module takes a batch from. */
interface Batch {
  /** The items, one after the other. */
  readonly items: Uint8Array
  /** Where each of them ends. */
  readonly ends: Uint32Array
}

/**
 * Our own WebAssembly (wasm/siphash.c): thousands of items for each call.
 * @returns undefined where it cannot be loaded.
 */
export function createWasmHashItems(): HashItems | undefined {
  const module = loadWasm(MODULE) as Exports | undefined
  if (module === undefined) return undefined
  const { buffer } = module.memory
  const batch: Batch = {
    items: new Uint8Array(buffer, module.items_at(), WINDOW),
    ends: new Uint32Array(buffer, module.ends_at(), MAX_ITEMS),
  }
  const values = new Float64Array(buffer, module.values_at(), MAX_ITEMS)
  return ({ k0Low, k0High, k1Low, k1High }, range, items, first) => {
    const count = layOut(batch, items, first)
    if (count > 0) module.ranged(count, k0Low, k0High, k1Low, k1High, range)
    return values.subarray(0, count)
  }
}

/** Copies items from `first` on. @returns how many: none where that one fits into no batch. */
function layOut({ items, ends }: Batch, from: readonly Uint8Array[] | PackedItems, first: number): number {
  const most = Math.min(from.length - first, MAX_ITEMS)
  if (from instanceof PackedItems) return layOutPacked({ items, ends }, from, first, most)
  let end = 0
  for (let count = 0; count < most; count++) {
    const item = from[first + count]!
    const { length } = item
    if (end + length > WINDOW) return count
    items.set(item, end)
    end += length
    ends[count] = end
  }
  return most
}

function layOutPacked({ items, ends }: Batch, from: PackedItems, first: number, most: number): number {
  const start = from.start(first)
  let count = 0
  while (count < most && from.ends[first + count]! - start <= WINDOW) {
    ends[count] = from.ends[first + count]! - start
    count++
  }
  if (count > 0) items.set(from.bytes.subarray(start, start + ends[count - 1]!))
  return count
}
