import {
  asTxid,
  type Block,
  blockHash,
  type BlockHash,
  type BlockHeader,
  blockMerkleRoot,
  concatBytes,
  hashToNumber,
  bitsToTarget,
  regtest,
  sha256d,
  type Transaction,
  witnessMerkleRoot,
} from '@sapwood/wire-codec'
import { WITNESS_OUTPUT_SCRIPT } from './regtest-transactions.ts'

/** Blocks between two halvings of the subsidy on regtest (`nSubsidyHalvingInterval`). */
const HALVING_INTERVAL = 150
/** Satoshi that the first blocks pay their miner. */
const FIRST_SUBSIDY = 5_000_000_000n
/** Blocks after which a coinbase may be spent (`COINBASE_MATURITY`). */
export const COINBASE_MATURITY = 100
/** Version bits with nothing signalled (BIP9). */
const BLOCK_VERSION = 0x2000_0000
/** OP_RETURN, a push of 36 bytes, and the tag of a witness commitment (BIP141). */
const COMMITMENT_PREFIX = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)
const RESERVED_VALUE = new Uint8Array(32)
const NO_TXID = new Uint8Array(32)
const NO_INDEX = 0xffff_ffff

export interface BlockTemplate {
  readonly height: number
  readonly previous: BlockHash
  /** Seconds since 1970. */
  readonly time: number
  /** Without the coinbase. */
  readonly transactions: readonly Transaction[]
  /**
   * Makes this block differ from another of the same height and parent; goes into the coinbase. At most 64
   * bytes.
   */
  readonly tag?: Uint8Array
}

/** Satoshi that the block at `height` pays its miner on regtest. */
function subsidyAt(height: number): bigint {
  return FIRST_SUBSIDY >> BigInt(Math.floor(height / HALVING_INTERVAL))
}

/**
 * Makes a valid regtest block: coinbase with the height and a witness commitment, merkle root, proof of work.
 */
export function mineBlock(template: BlockTemplate): { readonly block: Block; readonly hash: BlockHash } {
  const transactions = withCoinbase(template)
  const unmined: BlockHeader = {
    version: BLOCK_VERSION,
    previousBlockHash: template.previous,
    merkleRoot: blockMerkleRoot({ header: regtest.genesis, transactions }).root,
    time: template.time,
    bits: regtest.powLimitBits,
    nonce: 0,
  }
  const { header, hash } = findNonce(unmined)
  return { block: { header, transactions }, hash }
}

/** Tries nonces from that of `header` on; on regtest every second one will do. */
function findNonce(header: BlockHeader): { readonly header: BlockHeader; readonly hash: BlockHash } {
  const target = bitsToTarget(header.bits)!
  for (let nonce = header.nonce; ; nonce++) {
    const candidate = { ...header, nonce }
    const hash = blockHash(candidate)
    if (hashToNumber(hash) <= target) return { header: candidate, hash }
  }
}

function withCoinbase({ height, transactions, tag }: BlockTemplate): readonly Transaction[] {
  const coinbase = (commitment: Uint8Array): Transaction => ({
    version: 2,
    inputs: [
      {
        previousOutput: { txid: asTxid(NO_TXID), index: NO_INDEX },
        scriptSig: concatBytes(heightPush(height), pushOf(tag)),
        sequence: 0xffff_ffff,
        witness: [RESERVED_VALUE],
      },
    ],
    outputs: [
      { value: subsidyAt(height), scriptPubKey: WITNESS_OUTPUT_SCRIPT },
      { value: 0n, scriptPubKey: concatBytes(COMMITMENT_PREFIX, commitment) },
    ],
    lockTime: 0,
  })
  // The coinbase counts as zeros in the witness root, so a first one stands in for the one that carries the
  // result.
  const draft = [coinbase(NO_TXID), ...transactions]
  const { root } = witnessMerkleRoot({ header: regtest.genesis, transactions: draft })
  return [coinbase(sha256d(concatBytes(root, RESERVED_VALUE))), ...transactions]
}

/**
 * BIP34: the height as Core pushes it, shortest form. The script has at least two bytes (`bad-cb-length`).
 */
function heightPush(height: number): Uint8Array {
  if (height <= 16) return Uint8Array.of(0x50 + height)
  const bytes: number[] = []
  for (let rest = height; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  if (bytes.at(-1)! >= 0x80) bytes.push(0)
  return Uint8Array.of(bytes.length, ...bytes)
}

function pushOf(tag: Uint8Array = new Uint8Array(0)): Uint8Array {
  return Uint8Array.of(tag.length, ...tag)
}
