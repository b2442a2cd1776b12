import { Block as BitcoinjsBlock } from 'bitcoinjs-lib'
import { BTCArray, RawOldTx, RawTx } from '@scure/btc-signer/script.js'
import { requireBcoin } from '../../../../tools/bench/bcoin/install.ts'

/** What the benches use of bcoin's primitives; it has no types. */
interface BcoinTx {
  readonly inputs: readonly {
    readonly prevout: { readonly hash: Buffer; readonly index: number }
    readonly script: { readonly raw: Buffer }
    readonly sequence: number
    readonly witness: { readonly items: readonly Buffer[] }
  }[]
  readonly outputs: readonly { readonly value: number; readonly script: { readonly raw: Buffer } }[]
  readonly locktime: number
  hash(): Buffer
  toRaw(): Buffer
  refresh(): void
}
interface BcoinBlock {
  readonly txs: readonly BcoinTx[]
  toRaw(): Buffer
  refresh(all: boolean): void
}
interface FromRaw<T> {
  fromRaw(bytes: Buffer): T
}

export const bcoin = {
  Block: requireBcoin('lib/primitives/block') as FromRaw<BcoinBlock>,
  Headers: requireBcoin('lib/primitives/headers') as FromRaw<{ readonly nonce: number }>,
  packets: requireBcoin('lib/net/packets') as Record<string, FromRaw<{ toRaw(): Buffer }>>,
}

export const bitcoinjs: { readonly Block: typeof BitcoinjsBlock } = { Block: BitcoinjsBlock }

/**
 * scure has no block: this is its array of raw transactions, which it reads after the 80 bytes of the header.
 */
const transactions = BTCArray(RawTx)
export type ScureTx = ReturnType<typeof RawTx.decode>

export const scure = {
  decodeTransactions: (block: Uint8Array): ScureTx[] => transactions.decode(block.subarray(80)),
  encodeTransactions: (list: ScureTx[]): Uint8Array => transactions.encode(list),
  encodeWithoutWitness: (tx: ScureTx): Uint8Array => RawOldTx.encode(tx),
}
