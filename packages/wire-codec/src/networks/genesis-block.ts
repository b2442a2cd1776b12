import { hexToBytes } from '../bytes/hex.ts'
import { asTxid } from '../hash/hashes.ts'
import type { Block } from '../primitives/block.ts'
import { OP_CHECKSIG, OP_PUSHDATA1 } from '../primitives/opcodes.ts'
import type { Network } from './network.ts'

/** What the first coinbase of a network says, and what key it pays to. */
const HEADLINE = {
  text: 'The Times 03/Jan/2009 Chancellor on brink of second bailout for banks',
  key: '04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f',
}
/** BIP94. */
const TESTNET4 = {
  text: '03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e',
  key: '00'.repeat(33),
}
/** Pushes of the easiest target of mainnet, and of 4. */
const BEFORE_TEXT = hexToBytes('04ffff001d0104')
const SUBSIDY = 5_000_000_000n

/**
 * The first block of a network, whole. It spends nothing, and nobody can spend what it pays.
 * @example
 * genesisBlock(mainnet).header.time // 1231006505
 */
export function genesisBlock({ name, genesis }: Network): Block {
  const { text, key } = name === 'testnet4' ? TESTNET4 : HEADLINE
  return {
    header: genesis,
    transactions: [
      {
        version: 1,
        inputs: [
          {
            previousOutput: { txid: asTxid(new Uint8Array(32)), index: 0xffff_ffff },
            scriptSig: Uint8Array.of(...BEFORE_TEXT, ...push(new TextEncoder().encode(text))),
            sequence: 0xffff_ffff,
            witness: [],
          },
        ],
        outputs: [{ value: SUBSIDY, scriptPubKey: Uint8Array.of(...push(hexToBytes(key)), OP_CHECKSIG) }],
        lockTime: 0,
      },
    ],
  }
}

function push(bytes: Uint8Array): Uint8Array {
  const length = bytes.length < OP_PUSHDATA1 ? [bytes.length] : [OP_PUSHDATA1, bytes.length]
  return Uint8Array.of(...length, ...bytes)
}
