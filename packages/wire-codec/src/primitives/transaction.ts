import type { Txid } from '../hash/hashes.ts'

/** Which output an input spends. */
export interface OutPoint {
  readonly txid: Txid
  /** Index of the output, unsigned 32-bit. */
  readonly index: number
}

/** What a transaction spends. */
export interface TransactionInput {
  readonly previousOutput: OutPoint
  readonly scriptSig: Uint8Array
  /** Unsigned 32-bit. */
  readonly sequence: number
  /** Witness stack (BIP144); empty where there is none. */
  readonly witness: readonly Uint8Array[]
}

/** What a transaction pays, and to whom. */
export interface TransactionOutput {
  /** Amount in satoshi, signed 64-bit: whether it is in range is for consensus to say. */
  readonly value: bigint
  readonly scriptPubKey: Uint8Array
}

/** A transaction. Byte fields are views into the bytes it was decoded from. */
export interface Transaction {
  /** Unsigned 32-bit version. */
  readonly version: number
  readonly inputs: readonly TransactionInput[]
  readonly outputs: readonly TransactionOutput[]
  /** Unsigned 32-bit. */
  readonly lockTime: number
}
