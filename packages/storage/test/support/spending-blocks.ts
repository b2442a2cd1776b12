import {
  type Block,
  type BlockHash,
  blockHash,
  type OutPoint,
  regtest,
  type Transaction,
  txid,
} from '@sapwood/wire-codec'

const COINBASE_MATURITY = 100
const SUBSIDY = 5_000_000_000n
const SCRIPTS = [0x51, 0x52, 0x53].map((code) => Uint8Array.of(0x00, 0x20, ...new Uint8Array(32).fill(code)))

/** A block for an index, which looks at no proof of work and no merkle root. */
export interface SpendingBlock {
  readonly height: number
  readonly hash: BlockHash
  readonly block: Block
}

/** A transaction that spends outputs, to three of which the scripts are known. */
export function spend(outPoints: readonly OutPoint[], values: readonly bigint[]): Transaction {
  return {
    version: 2,
    inputs: outPoints.map((previousOutput) => ({
      previousOutput,
      scriptSig: new Uint8Array(0),
      sequence: 0xffff_ffff,
      witness: [],
    })),
    outputs: values.map((value, index) => ({ value, scriptPubKey: SCRIPTS[index % SCRIPTS.length]! })),
    lockTime: 0,
  }
}

function coinbase(height: number): Transaction {
  const scriptSig = Uint8Array.of(0x03, height & 0xff, height >> 8, 0)
  const [input] = spend([{ txid: new Uint8Array(32) as OutPoint['txid'], index: 0xffff_ffff }], []).inputs
  const outputs = [{ value: SUBSIDY >> 6n, scriptPubKey: SCRIPTS[0]! }]
  return { version: 2, inputs: [{ ...input!, scriptSig }], outputs, lockTime: 0 }
}

/**
 * A block on another, with these transactions behind its coinbase.
 * @param branch Tells apart what stands on the same block.
 */
export function blockOn(
  below: Pick<SpendingBlock, 'height' | 'hash'>,
  transactions: readonly Transaction[],
  branch = 0,
): SpendingBlock {
  const height = below.height + 1
  const time = regtest.genesis.time + branch
  const header = { ...regtest.genesis, previousBlockHash: below.hash, time, nonce: height }
  const block = { header, transactions: [coinbase(height), ...transactions] }
  return { height, hash: blockHash(header), block }
}

/** Blocks that spend coinbases as soon as they may, and outputs of the block before and of their own. */
export function spendingBlocks(count: number): readonly SpendingBlock[] {
  const blocks: SpendingBlock[] = []
  let below: Pick<SpendingBlock, 'height' | 'hash'> = { height: 0, hash: regtest.genesisHash }
  let last: Transaction | undefined
  for (let height = 1; height <= count; height++) {
    const transactions: Transaction[] = []
    const mature = blocks[height - COINBASE_MATURITY - 1]?.block.transactions[0]
    if (mature !== undefined) {
      const from = [{ txid: txid(mature), index: 0 }]
      if (last !== undefined) from.push({ txid: txid(last), index: 1 })
      const first = spend(from, [1_000n, 2_000n, 3_000n])
      last = spend([{ txid: txid(first), index: 2 }], [100n, 200n])
      transactions.push(first, last)
    }
    const made = blockOn(below, transactions)
    blocks.push(made)
    below = made
  }
  return blocks
}
