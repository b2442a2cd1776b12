/**
 * The basic filter of a block (BIP158).
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import { requireBytes } from '../arguments/require-argument.ts'
import { concatBytes } from '../bytes/bytes-equal.ts'
import type { BlockHash, Hash256 } from '../hash/hashes.ts'
import { rangedHashes } from '../hash/ranged-hash.ts'
import { sipKey } from '../hash/sip-hash.ts'
import { type Block } from '../primitives/block.ts'
import { blockHash } from '../primitives/header.ts'
import { OP_RETURN } from '../primitives/opcodes.ts'
import { sha256d } from '../crypto/backend-in-force.ts'
import type { SipKey } from '../crypto/hash-items.ts'
import { PackedItems } from '../crypto/packed-items.ts'
import { SortedNumbers } from './sorted-numbers.ts'
import { decodeGolombSet, encodeGolombSet, FILTER_INVERSE_RATE, setRange } from './golomb-coded-set.ts'

/** The filter type that BIP158 defines, and the only one in use. */
export const BASIC_FILTER_TYPE = 0

/**
 * The basic filter of a block (BIP158): the scripts that its outputs pay to, except OP_RETURN's, and the
 * scripts of the outputs that it spends; empty ones left out.
 * @param spentScripts `scriptPubKey` of each output that the block spends, in any order. A block does not
 * hold them.
 * @example
 * const block = genesisBlock(regtest)
 * const bytes = buildBasicFilter(block, [])
 * const filter = openBasicFilter(bytes, blockHash(block.header))
 * filter.matchAny([block.transactions[0]!.outputs[0]!.scriptPubKey]) // true
 */
export function buildBasicFilter(block: Block, spentScripts: Iterable<Uint8Array>): Uint8Array {
  return encodeGolombSet(keyOf(blockHash(block.header)), filterItems(block, spentScripts))
}

function* filterItems(block: Block, spentScripts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const { outputs } of block.transactions) {
    for (const { scriptPubKey } of outputs) {
      if (scriptPubKey.length > 0 && scriptPubKey[0] !== OP_RETURN) yield scriptPubKey
    }
  }
  for (const script of spentScripts) if (script.length > 0) yield script
}

/**
 * A filter that can be asked whether its block may concern a script. It never says no wrongly,
 * and yes wrongly once in 784,931 times.
 */
export interface BasicFilter {
  /** Number of scripts in the filter. */
  readonly count: number
  /** Whether the block may pay to `script` or spend from it. */
  matchOne(script: Uint8Array): boolean
  /** Whether that is so for one of `scripts` at least: much cheaper than asking for each. */
  matchAny(scripts: readonly Uint8Array[] | PackedScripts): boolean
}

/** Scripts that many filters are asked for: what {@link packScripts} makes. */
export interface PackedScripts {
  /** How many they are. */
  readonly length: number
  /** All of them, one after the other; not to be changed. */
  readonly bytes: Uint8Array
  /** Index in `bytes` after the last byte of each. */
  readonly ends: Uint32Array
}

/**
 * Copies scripts into one piece of memory. Asking each filter of a chain for the same thousands takes about
 * half as long then.
 * @example
 * const block = genesisBlock(regtest)
 * const scripts = packScripts([block.transactions[0]!.outputs[0]!.scriptPubKey])
 * const filter = openBasicFilter(buildBasicFilter(block, []), blockHash(block.header))
 * filter.matchAny(scripts) // true
 */
export function packScripts(scripts: readonly Uint8Array[]): PackedScripts {
  for (const script of scripts) requireBytes(script, 'packScripts: scripts')
  return new PackedItems(scripts)
}

/**
 * A filter from its bytes. All of it is decoded here, into 8 bytes of memory for each script: one that is
 * broken anywhere is refused, whatever it would be asked for, and never says no.
 * @param bytes As `cfilter` carries them.
 * @param hash Hash of the block, which is the key of the filter's hashes.
 * @throws DecodeError when the bytes are no filter.
 */
export function openBasicFilter(bytes: Uint8Array, hash: BlockHash): BasicFilter {
  requireBytes(bytes, 'openBasicFilter: bytes')
  requireBytes(hash, 'openBasicFilter: hash')
  return new DecodedBasicFilter(decodeGolombSet(bytes), keyOf(hash))
}

class DecodedBasicFilter implements BasicFilter {
  readonly #values: SortedNumbers
  readonly #key: SipKey

  constructor(values: Float64Array, key: SipKey) {
    this.#values = new SortedNumbers(values, FILTER_INVERSE_RATE)
    this.#key = key
  }

  get count(): number {
    return this.#values.size
  }

  matchOne(script: Uint8Array): boolean {
    return this.matchAny([script])
  }

  matchAny(scripts: readonly Uint8Array[] | PackedItems): boolean {
    const values = this.#values
    if (values.size === 0) return false
    values.expect(scripts.length)
    for (const hashes of rangedHashes(this.#key, setRange(values.size), scripts))
      for (let i = 0; i < hashes.length; i++) if (values.has(hashes[i]!)) return true
    return false
  }
}

/** BIP158: the first 16 bytes of the block's hash as it is on the wire. */
function keyOf(hash: BlockHash): SipKey {
  return sipKey(hash)
}

/** Hash of a filter's bytes, which `cfheaders` carries (BIP157). */
export function filterHash(filter: Uint8Array): Hash256 {
  requireBytes(filter, 'filterHash')
  return sha256d(filter)
}

/**
 * The header of a filter: its hash together with the header before it (BIP157).
 * Before the first block's it is 32 zero bytes.
 * @example
 * const none = hashFromHex('00'.repeat(32))
 * const filter = buildBasicFilter(genesisBlock(mainnet), [])
 * const first = filterHeader(filterHash(filter), none)
 * hashToHex(first) // '02c2392180d0ce2b5b6f8b08d39a11ffe831c673311a3ecf77b97fc3f0303c9f'
 */
export function filterHeader(hash: Hash256, previousHeader: Hash256): Hash256 {
  return sha256d(concatBytes(hash, previousHeader))
}

/**
 * The headers that follow `previousHeader` for filters with these hashes, as `cfheaders` gives them (BIP157).
 */
export function filterHeaderChain(previousHeader: Hash256, hashes: readonly Hash256[]): Hash256[] {
  let header = previousHeader
  return hashes.map((hash) => (header = filterHeader(hash, header)))
}
