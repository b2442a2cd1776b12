import { bytesToHex, encodeBlock, regtest, type Transaction, txid } from '@sapwood/wire-codec'
import type { RegtestBitcoind } from '@sapwood/integration'
import { mineBlock } from '../../src/regtest/mine-block.ts'
import {
  dropScript,
  outputOf,
  spend,
  type SpendableOutput,
  WITNESS_OUTPUT_SCRIPT,
} from '../../src/regtest/regtest-transactions.ts'

/** Blocks before the first coins can be spent. */
const MATURITY = 101
/**
 * Bytes pushed in each output, so that a transaction has the 600 bytes that one of mainnet has on average.
 */
const PADDING = 510
const TRANSACTIONS_A_BLOCK = 1_600
/** The same where transactions have the 150 bytes of a small one with a witness. */
const SMALL_PADDING = 40
const SMALL_TRANSACTIONS_A_BLOCK = 4_000

export interface BigChain {
  readonly height: number
  /** Bytes of all blocks with transactions in them. */
  readonly bytes: number
  /** First block of full size. */
  readonly firstFull: number
  /** From height 1 on. */
  readonly hashes: readonly Uint8Array[]
}

/**
 * Gives bitcoind a chain of at least `bytes`, in blocks of about 0.95 MB; or, of small transactions with
 * witnesses, of about 0.6 MB.
 */
export async function mineBigChain(
  bitcoind: RegtestBitcoind,
  bytes: number,
  { small = false }: { readonly small?: boolean } = {},
): Promise<BigChain> {
  const startTime = Math.floor(Date.now() / 1_000) - 2_000 * 600
  const hashes: Uint8Array[] = []
  let previous = regtest.genesisHash
  let total = 0
  const coins: SpendableOutput[] = []
  const append = async (transactions: readonly Transaction[]): Promise<void> => {
    const height = hashes.length + 1
    const { block, hash } = mineBlock({ height, previous, time: startTime + height * 600, transactions })
    const encoded = encodeBlock(block)
    const refusal = await bitcoind.rpc<string | null>('submitblock', bytesToHex(encoded))
    if (refusal !== null) throw new Error(`bitcoind refuses block ${height}: ${refusal}`)
    if (transactions.length > 0) total += encoded.length
    coins.push(outputOf(block.transactions[0]!, 0))
    previous = hash
    hashes.push(hash)
  }
  for (let i = 0; i < MATURITY; i++) await append([])
  const data = new Uint8Array(small ? SMALL_PADDING : PADDING)
  while (total < bytes) {
    let coin = coins.shift()!
    const transactions: Transaction[] = []
    for (let i = 0; i < (small ? SMALL_TRANSACTIONS_A_BLOCK : TRANSACTIONS_A_BLOCK); i++) {
      data[0] = i
      const scriptPubKey = dropScript(data)
      const outputs = small
        ? [
            { value: coin.value, scriptPubKey: WITNESS_OUTPUT_SCRIPT },
            { value: 0n, scriptPubKey },
          ]
        : [{ value: coin.value, scriptPubKey }]
      const transaction = spend(coin, outputs)
      transactions.push(transaction)
      coin = { txid: txid(transaction), index: 0, value: coin.value, witness: small }
    }
    await append(transactions)
  }
  return { height: hashes.length, bytes: total, firstFull: MATURITY + 1, hashes }
}
