import {
  blockHash,
  type BlockHeader,
  decodeIp16,
  encodeTransaction,
  formatHost,
  type GossipedAddress,
  InventoryType,
  type InventoryVector,
  type PrefilledTransaction,
  type Transaction,
  txid,
  type VersionAddress,
  wtxid,
} from '@sapwood/wire-codec'
import { bytes, type Field, nested, sint, text, uint } from './protobuf-fields.ts'

/** The field of an address by its network; what peer-observer has no field for is an unknown one. */
const ADDRESS_FIELD: Readonly<Record<string, number>> = { ipv4: 2, ipv6: 3, torv3: 5, i2p: 6, cjdns: 7 }
/** BIP155's number of Yggdrasil, which has no field. */
const YGGDRASIL_ID = 7
/** The field of an inventory entry by its type. */
const INVENTORY_FIELD: Readonly<Record<number, number>> = {
  [InventoryType.TX]: 1,
  [InventoryType.BLOCK]: 2,
  [InventoryType.WTX]: 3,
  [InventoryType.WITNESS_TX]: 4,
  [InventoryType.WITNESS_BLOCK]: 5,
  [InventoryType.COMPACT_BLOCK]: 6,
}

/** peer-observer's `Address`. */
export function addressField(number: number, { time, services, address }: GossipedAddress): Field {
  const field = ADDRESS_FIELD[address.network]
  const host =
    field === undefined ? unknownAddress(YGGDRASIL_ID, address.bytes) : text(field, formatHost(address))
  return nested(number, uint(1, time), host, uint(9, services), uint(10, address.port))
}

function unknownAddress(id: number, host: Uint8Array): Field {
  return nested(8, uint(1, id), bytes(2, host))
}

/** The same of a `version`, which says of no address when it was seen. */
export function versionAddressField(number: number, { services, ip, port }: VersionAddress): Field {
  const address = decodeIp16(ip, port)
  if (address !== 'skip') return addressField(number, { time: 0, services, address })
  return nested(number, uint(1, 0), unknownAddress(0, ip), uint(9, services), uint(10, port))
}

/** `InventoryItem`. */
export function inventoryField(number: number, { type, hash }: InventoryVector): Field {
  const field = INVENTORY_FIELD[type]
  if (field !== undefined) return nested(number, bytes(field, hash))
  return nested(number, type === InventoryType.ERROR ? uint(15, 1) : nested(7, uint(1, type), bytes(2, hash)))
}

/** `BlockHeader`. Hashes are in the order of bytes of the wire. */
export function headerField(number: number, header: BlockHeader): Field {
  return nested(
    number,
    sint(1, header.version),
    bytes(2, header.previousBlockHash),
    bytes(3, header.merkleRoot),
    uint(4, header.time),
    uint(5, header.bits),
    uint(6, header.nonce),
    bytes(7, blockHash(header)),
  )
}

/** `Transaction`, with its bytes where they are asked for. */
export function transactionField(number: number, transaction: Transaction, withBytes: boolean): Field {
  const raw = withBytes ? [bytes(3, encodeTransaction(transaction))] : []
  return nested(number, bytes(1, txid(transaction)), bytes(2, wtxid(transaction)), ...raw)
}

/** `PrefilledTransaction`s: each index as its distance from the one before, as on the wire. */
export function prefilledFields(
  number: number,
  prefilled: readonly PrefilledTransaction[],
): readonly Field[] {
  return prefilled.map(({ index, transaction }, at) => {
    const before = prefilled[at - 1]?.index ?? -1
    return nested(number, uint(1, index - before - 1), transactionField(2, transaction, true))
  })
}
