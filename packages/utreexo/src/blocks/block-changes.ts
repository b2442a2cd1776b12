/**
 * What a block does to the accumulator.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * @module
 */

import {
  type Block,
  type BlockHash,
  blockHash as hashOfHeader,
  bytesToHex,
  type TransactionInput,
  type TransactionOutput,
  type Txid,
  txids as idsOf,
} from '@sapwood/wire-codec'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { isSpendable } from '../leaves/spendable.ts'
import { leafHash } from '../leaves/utreexo-leaf.ts'

/** An input, and where in its block it stands. */
export interface PlacedInput {
  /** Index of the transaction in the block; never 0, the coinbase. */
  readonly transaction: number
  /** Index of the input in the transaction. */
  readonly index: number
  readonly input: TransactionInput
}

/** An output of the same block that an input spends. */
export interface OwnSpend extends PlacedInput {
  /** Index of the transaction that made it, below `transaction`. */
  readonly maker: number
  readonly output: TransactionOutput
}

/** What a block does to the accumulator. */
export interface BlockChanges {
  readonly blockHash: BlockHash
  readonly height: number
  readonly txids: readonly Txid[]
  /**
   * Inputs that spend outputs of earlier blocks, in the order of the block: what a proof has to prove,
   * in its order.
   */
  readonly toProve: readonly PlacedInput[]
  /** Inputs that spend outputs of this block: no leaf is made for those, and nothing is proved. */
  readonly ownSpends: readonly OwnSpend[]
  /**
   * Outputs that become leaves, in the order of the block: their hashes,
   * in the order in which they are added.
   */
  readonly added: () => Uint8Array[]
  /** The same, with the leaf itself. */
  readonly leaves: () => Generator<{
    readonly transaction: number
    readonly index: number
    readonly output: TransactionOutput
  }>
}

/**
 * What `block` at `height` takes out of the accumulator and puts into it (BIP182): outputs that it spends
 * itself are neither, nor are outputs that nobody can spend, nor is anything of the genesis block.
 * @throws UtreexoError `input-not-yet-made`, `missing-output`, `double-spend`: the block's fault.
 * @example
 * blockChanges(genesisBlock(regtest), 0).toProve.length // 0
 */
export function blockChanges(block: Block, height: number): BlockChanges {
  const { transactions } = block
  const blockHash = hashOfHeader(block.header)
  const txids = idsOf(transactions)
  const makers = new Map(txids.map((id, index) => [bytesToHex(id), index]))
  const spent = new Set<string>()
  const toProve: PlacedInput[] = []
  const ownSpends: OwnSpend[] = []
  for (let transaction = 1; transaction < transactions.length; transaction++) {
    transactions[transaction]!.inputs.forEach((input, index) => {
      const { txid: id, index: outputIndex } = input.previousOutput
      const name = bytesToHex(id)
      const facts = { transaction, input: index }
      const key = `${name}:${outputIndex}`
      if (spent.has(key)) throw new UtreexoError('double-spend', facts)
      spent.add(key)
      const maker = makers.get(name)
      if (maker === undefined) {
        toProve.push({ transaction, index, input })
        return
      }
      if (maker >= transaction) throw new UtreexoError('input-not-yet-made', facts)
      const output = transactions[maker]!.outputs[outputIndex]
      if (output === undefined) throw new UtreexoError('missing-output', facts)
      ownSpends.push({ transaction, index, input, maker, output })
    })
  }

  function* leaves(): ReturnType<BlockChanges['leaves']> {
    if (height === 0) return
    for (let transaction = 0; transaction < transactions.length; transaction++) {
      const name = bytesToHex(txids[transaction]!)
      const { outputs } = transactions[transaction]!
      for (let index = 0; index < outputs.length; index++) {
        const output = outputs[index]!
        if (isSpendable(output.scriptPubKey) && !spent.has(`${name}:${index}`))
          yield { transaction, index, output }
      }
    }
  }

  const added = (): Uint8Array[] =>
    [...leaves()].map(({ transaction, index, output }) =>
      leafHash({
        blockHash,
        outPoint: { txid: txids[transaction]!, index },
        height,
        coinbase: transaction === 0,
        amount: output.value,
        scriptPubKey: output.scriptPubKey,
      }),
    )

  return { blockHash, height, txids, toProve, ownSpends, added, leaves }
}
