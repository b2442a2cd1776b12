/** What an inventory entry names. */
export const InventoryType = {
  ERROR: 0,
  /** A transaction by txid. */
  TX: 1,
  BLOCK: 2,
  /** A `merkleblock` (BIP37); in getdata only. */
  FILTERED_BLOCK: 3,
  /** A `cmpctblock` (BIP152); in getdata only. */
  COMPACT_BLOCK: 4,
  /** A transaction by wtxid (BIP339). */
  WTX: 5,
  /** A package's transactions (BIP331, draft); in notfound only. */
  PACKAGE_TRANSACTIONS: 6,
  /**
   * Four positions of a forest, 8 bytes each, all ones where there are fewer: what the transaction in the
   * entry before it spends (in inv), or which hashes of its proof are wanted (in getdata). utreexod's; the
   * same number as BIP331's. It means nothing alone.
   */
  UTREEXO_PROOF_HASH: 6,
  /** The unconfirmed ancestors of a transaction (BIP331, draft); in getdata only. */
  ANCESTOR_PACKAGE_INFO: 7,
  /** A transaction with its witness, by txid (BIP144); in getdata only. */
  WITNESS_TX: 0x4000_0001,
  /** A block with its witnesses (BIP144); in getdata only. */
  WITNESS_BLOCK: 0x4000_0002,
  /** A transaction with the proof of what it spends, a `utreexotx` (utreexod); in getdata only. */
  UTREEXO_TX: 0x0100_0001,
  /** The same with its witness. */
  WITNESS_UTREEXO_TX: 0x4100_0001,
} as const

/** Bit that asks for the witness too (BIP144; `MSG_WITNESS_FLAG`, protocol.h). */
export const WITNESS_FLAG = 0x4000_0000
/**
 * Whether an entry of this type names a transaction, by whichever hash, with or without its witness (Core,
 * `CInv::IsGenTxMsg`).
 */
export function isTransactionEntry(type: number): boolean {
  const plain = type & ~WITNESS_FLAG
  return plain === InventoryType.TX || plain === InventoryType.WTX
}

/** Whether an entry of this type names a block, whole or compact, with or without its witnesses. */
export function isBlockEntry(type: number): boolean {
  const plain = type & ~WITNESS_FLAG
  return plain === InventoryType.BLOCK || plain === InventoryType.COMPACT_BLOCK
}

/** Bit that asks for the proof too (utreexod: `InvUtreexoFlag`). */
export const UTREEXO_FLAG = 0x0100_0000
