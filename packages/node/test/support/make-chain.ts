import {
  type Block,
  type BlockHash,
  type BlockHeader,
  blockHash,
  blockMerkleRoot,
  decodeBlock,
  encodeBlock,
  type Hash256,
  type Network,
  networks,
  type Transaction,
  type Txid,
} from '@sapwood/wire-codec'
import { meetsTarget, targetOf } from '../../src/chain/target-cache.ts'

export const regtest: Network = networks.regtest

export interface HeaderFields {
  readonly version?: number
  readonly merkleRoot?: Hash256
  readonly time?: number
  readonly bits?: number
}

/** A header on `parent` that meets its target; costs two hashes on average at regtest's difficulty. */
export function mineHeader(parent: BlockHeader, fields: HeaderFields = {}): BlockHeader {
  const bits = fields.bits ?? parent.bits
  const target = targetOf(bits)!
  const header = {
    version: fields.version ?? 0x20000000,
    previousBlockHash: blockHash(parent),
    merkleRoot: fields.merkleRoot ?? new Uint8Array(32),
    time: fields.time ?? parent.time + 600,
    bits,
    nonce: 0,
  }
  while (!meetsTarget(blockHash(header), target)) header.nonce++
  return header
}

/** `count` headers on `parent`. Another `salt` makes another chain. */
export function mineHeaders(parent: BlockHeader, count: number, salt = 0): BlockHeader[] {
  const headers: BlockHeader[] = []
  for (let i = 0, tip = parent; i < count; i++) {
    tip = mineHeader(tip, { merkleRoot: Uint8Array.from({ length: 32 }, () => salt) })
    headers.push(tip)
  }
  return headers
}

export function coinbaseAt(height: number, extra = 0): Transaction {
  return {
    version: 2,
    inputs: [
      {
        previousOutput: { txid: new Uint8Array(32) as Uint8Array as Txid, index: 0xffffffff },
        scriptSig: Uint8Array.from([...pushNumber(height), 1, extra]),
        sequence: 0xffffffff,
        witness: [],
      },
    ],
    outputs: [{ value: 5_000_000_000n, scriptPubKey: Uint8Array.of(0x51) }],
    lockTime: 0,
  }
}

/** A block with these transactions on `parent`, as a peer would send it. */
export function mineBlock(parent: BlockHeader, transactions: readonly Transaction[]): Block {
  const draft = { header: parent, transactions }
  const header = mineHeader(parent, { merkleRoot: blockMerkleRoot(draft).root })
  return decodeBlock(encodeBlock({ header, transactions }))
}

/** `count` blocks on top of `parent`, whose height is `height`. */
export function mineBlocks(parent: BlockHeader, height: number, count: number, salt = 0): Block[] {
  const blocks: Block[] = []
  for (let i = 1, tip = parent; i <= count; i++) {
    const block = mineBlock(tip, [coinbaseAt(height + i, salt)])
    blocks.push(block)
    tip = block.header
  }
  return blocks
}

export function hashesOf(blocks: readonly Block[]): BlockHash[] {
  return blocks.map((block) => blockHash(block.header))
}

function pushNumber(value: number): number[] {
  if (value <= 16) return [0x50 + value]
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  if (bytes.at(-1)! >= 0x80) bytes.push(0)
  return [bytes.length, ...bytes]
}
