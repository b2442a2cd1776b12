import {
  type Block,
  type BlockHash,
  type BlockHeader,
  blockHash,
  bytesToHex,
  decodeBlock,
  encodeBlock,
  hexToBytes,
  regtest,
  type Transaction,
  type Txid,
} from '@sapwood/wire-codec'
import { coinbaseAt, mineBlock } from '../support/make-chain.ts'

/** Blocks that honest peers have at first, and all that they ever have before the reorg. */
export const FIRST_HEIGHT = 20
export const MAIN_HEIGHT = 28
/**
 * Height of the branch that honest peers are on in the end: it leaves the main one five blocks below its tip.
 */
export const FINAL_HEIGHT = 31
/** Seconds since 1970 at which a run begins: shortly after the block at `FIRST_HEIGHT`. */
export const START_TIME: number = regtest.genesis.time + (FIRST_HEIGHT + 1) * 600

/** Transactions that anybody can make: nobody here checks what they spend. */
export const transactions: readonly Transaction[] = Array.from({ length: 16 }, (_, index) => ({
  version: 2,
  inputs: [
    {
      previousOutput: { txid: new Uint8Array(32).fill(index + 1) as Uint8Array as Txid, index: 0 },
      scriptSig: new Uint8Array(index * 7),
      sequence: 0xffffffff,
      witness: index % 4 === 3 ? [new Uint8Array(64).fill(index)] : [],
    },
  ],
  outputs: Array.from({ length: 1 + (index % 3) }, (_, output) => ({
    value: BigInt(1_000 + output),
    scriptPubKey: Uint8Array.of(0x51, index),
  })),
  lockTime: 0,
}))

/** Those without a witness: a block of them needs no commitment. */
const plain = transactions.filter(({ inputs }) => inputs[0]!.witness.length === 0)

function branch(
  parents: readonly Block[],
  parent: BlockHeader,
  from: number,
  to: number,
  salt: number,
): Block[] {
  const blocks = [...parents]
  for (let height = from, tip = parent; height <= to; height++) {
    const few = plain.slice((height + salt) % 5, ((height + salt) % 5) + (height % 4))
    const block = mineBlock(tip, [coinbaseAt(height, salt), ...few])
    blocks.push(block)
    tip = block.header
  }
  return blocks
}

/** From height 1 on. */
export const main: readonly Block[] = branch([], regtest.genesis, 1, MAIN_HEIGHT, 0)
/** What honest peers have in the end, from height 1 on. */
export const final: readonly Block[] = forkOf(main, MAIN_HEIGHT - 5, FINAL_HEIGHT, 1)
/** Chains with less work than the honest ones have at any time. */
const early = forkOf(main, 6, FIRST_HEIGHT - 1, 2)
const late = forkOf(main, FIRST_HEIGHT - 2, FIRST_HEIGHT - 1, 3)

function forkOf(chain: readonly Block[], height: number, to: number, salt: number): Block[] {
  return branch(chain.slice(0, height), chain[height - 1]!.header, height + 1, to, salt)
}

/** On the last block but some of the chain: a header in order whose block breaks a rule. */
function brokenBlocks(): Block[] {
  const parent = main[FIRST_HEIGHT - 4]!.header
  const height = FIRST_HEIGHT - 2
  const doubled = [coinbaseAt(height, 9), ...plain.slice(0, 2)]
  return [
    mineBlock(parent, [coinbaseAt(height + 1, 8)]),
    mineBlock(parent, [plain[0]!]),
    mineBlock(parent, [coinbaseAt(height, 7), coinbaseAt(height, 6)]),
    // Says the same root with and without its last transaction twice.
    reread({ header: mineBlock(parent, doubled).header, transactions: [...doubled, doubled[2]!] }),
    reread({ header: parent, transactions: [] }),
  ]
}

function reread(block: Block): Block {
  return decodeBlock(encodeBlock(block))
}

/** Valid headers of blocks that are not, each on the main chain. */
export const broken: readonly Block[] = brokenBlocks()

/** Headers that no chain may have, made of one that it may. */
export function bendHeader(header: BlockHeader, how: number): BlockHeader {
  switch (how % 7) {
    case 0:
      return { ...header, nonce: header.nonce + 1 }
    case 1:
      return { ...header, bits: 0x1d00ffff }
    case 2:
      return { ...header, bits: 0xff7fffff }
    case 3:
      return remined({ ...header, time: 1 })
    case 4:
      return remined({ ...header, time: 0xffffffff })
    case 5:
      return remined({ ...header, version: 1 })
    default:
      return remined({
        ...header,
        previousBlockHash: new Uint8Array(32).fill(how) as Uint8Array as BlockHash,
      })
  }
}

const mined = new Map<string, BlockHeader>()

/** Such a header with proof of work. */
function remined(header: BlockHeader): BlockHeader {
  const key = bytesToHex(blockHash(header))
  let found = mined.get(key)
  if (found === undefined) {
    found = withWork(header)
    mined.set(key, found)
  }
  return found
}

function withWork(header: BlockHeader): BlockHeader {
  for (let nonce = 0; ; nonce++) {
    const candidate = { ...header, nonce }
    // Regtest's target: the highest bit of the hash, which is its last byte's, is 0.
    if ((blockHash(candidate)[31]! & 0x80) === 0) return candidate
  }
}

/** A block whose contents are not those of its header. */
export function swapContents(block: Block): Block {
  return reread({ header: block.header, transactions: [coinbaseAt(1, 77), ...block.transactions.slice(1)] })
}

/** A chain that somebody shows, from height 1 on, as far as honest peers can have it at that height. */
export function chainOf(choice: number, honest: readonly Block[]): readonly Block[] {
  switch (choice % 4) {
    case 0:
    case 1:
      return honest
    case 2:
      return early
    default:
      return late
  }
}

const hashes = new WeakMap<Block, BlockHash>()

/** `blockHash` of a block of this world, worked out once. */
export function idOf(block: Block): BlockHash {
  let hash = hashes.get(block)
  if (hash === undefined) {
    hash = blockHash(block.header)
    hashes.set(block, hash)
  }
  return hash
}

/** The first block of the network, as it is served. */
export const genesis: Block = {
  header: regtest.genesis,
  transactions: [
    {
      version: 1,
      inputs: [
        {
          previousOutput: { txid: new Uint8Array(32) as Uint8Array as Txid, index: 0xffffffff },
          scriptSig: hexToBytes(
            '04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73',
          ),
          sequence: 0xffffffff,
          witness: [],
        },
      ],
      outputs: [
        {
          value: 5_000_000_000n,
          scriptPubKey: hexToBytes(
            '4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac',
          ),
        },
      ],
      lockTime: 0,
    },
  ],
}
