import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { DecodeSeverity } from '../../errors/decode-error.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_INV_SIZE } from '../limits.ts'
import type { InventoryVector, MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'
import { INVENTORY_VECTOR_SIZE } from '../inventory-payload.ts'
import { given, lazyFields } from '../../primitives/lazy-fields.ts'
import { lazyList, MAX_EAGER_ENTRIES } from '../../bytes/lazy-list.ts'
import { giveTextForm } from '../../text-form/text-form.ts'

function readEntry(reader: ByteReader): InventoryVector {
  return { type: reader.u32(), hash: reader.hash() }
}

/** A message whose list is made. */
class ShortInventory<T> {
  declare readonly type: T
  declare readonly inventory: readonly InventoryVector[]

  static {
    giveTextForm(this.prototype)
  }

  constructor(type: T, inventory: readonly InventoryVector[]) {
    this.type = type
    this.inventory = inventory
  }
}

const withInventory = /* @__PURE__ */ lazyFields({ inventory: given<readonly InventoryVector[]> })

type InventoryType = 'inv' | 'getdata' | 'notfound'

function inventoryCodec<T extends InventoryType>(
  command: T,
  shortId: number,
  severity: DecodeSeverity,
): MessageCodec<{ readonly type: T; readonly inventory: readonly InventoryVector[] }> {
  return {
    command,
    shortId,
    decode(reader) {
      const count = reader.count(MAX_INV_SIZE, INVENTORY_VECTOR_SIZE, severity)
      if (count <= MAX_EAGER_ENTRIES) return new ShortInventory(command, reader.list(count, readEntry))
      const inventory = lazyList(reader, (next) => next.list(count, readEntry))
      reader.skip(count * INVENTORY_VECTOR_SIZE)
      return withInventory({ type: command }, inventory)
    },
    encode({ inventory }, writer) {
      checkLength('inventory', inventory.length, MAX_INV_SIZE)
      writer.compactSize(inventory.length)
      for (const { type, hash } of inventory) writer.u32(type).hash(hash)
    },
    payloadSize: ({ inventory }) =>
      (inventory.length < 0xfd ? 1 : 3) + inventory.length * INVENTORY_VECTOR_SIZE,
  }
}

export const invCodec: MessageCodec<MessageOf<'inv'>> = inventoryCodec('inv', 14, 'discourage')
export const getDataCodec: MessageCodec<MessageOf<'getdata'>> = inventoryCodec('getdata', 11, 'discourage')
/** Core ignores one that is too long. */
export const notFoundCodec: MessageCodec<MessageOf<'notfound'>> = inventoryCodec('notfound', 17, 'drop')
