/**
 * https://github.com/bitcoin/bitcoin/blob/master/src/rpc/blockchain.cpp
 * @module
 */

import { isNodeError } from '@sapwood/node'
import { HOUR, withDeadline } from '@sapwood/transport-v1v2/environment'
import {
  asBlockHash,
  bitsToTarget,
  type Block,
  type BlockHash,
  type BlockHeader,
  blockBytes,
  blockHashFromHex,
  blockSize,
  blockWeight,
  bytesToHex,
  encodeHeader,
  encodeTransaction,
  hashToHex,
  isCoinbase,
  type Transaction,
  transactionSize,
  transactionVirtualSize,
  transactionWeight,
  txid,
  txids,
  wtxid,
} from '@sapwood/wire-codec'
import { btc, chainName } from '../core-names.ts'
import type { RpcArguments } from '../rpc-arguments.ts'
import type { RpcContext } from '../rpc-context.ts'
import { invalidParameter, RPC_CODE, RpcError } from '../rpc-error.ts'
import { type MethodFamily, method } from '../rpc-method.ts'

/** Milliseconds that a block is asked of peers for. */
const BLOCK_TIMEOUT = 60_000
/** Milliseconds of a call that waits for a block and says no end: no connection is held for ever. */
const LONGEST_WAIT = HOUR
const HASH_DIGITS = 64
/** Mantissa of the target that has the difficulty 1, and its exponent. */
const DIFFICULTY_ONE = 0x00ffff
const DIFFICULTY_ONE_EXPONENT = 29
const BYTE = 256
/** Digits of a number that is no integer (Core, `UniValue::setFloat`). */
const JSON_DIGITS = 16

/** The chain: `getblockchaininfo`, `getblock`, `getblockheader` and their like. */
export const chainMethods: MethodFamily = Object.fromEntries([
  method('getblockcount', [], ({ node }) => node.chain.tip().height),
  method('getbestblockhash', [], ({ node }) => hashToHex(node.chain.tip().hash)),
  method('getblockhash', ['height'], ({ node }, given) => {
    const hash = node.chain.hashAt(given.integer('height'))
    if (hash === undefined) throw invalidParameter('Block height out of range')
    return hashToHex(hash)
  }),
  method('getdifficulty', [], ({ node }) => difficultyOf(node.chain.tip().header.bits)),
  method('getblockchaininfo', [], blockchainInfo),
  method('getblockheader', ['blockhash', 'verbose?'], (context, given) => {
    const { header, height, hash } = known(context, given)
    return given.boolean('verbose', true)
      ? headerJson(context, header, hash, height)
      : bytesToHex(encodeHeader(header))
  }),
  method('getblock', ['blockhash', 'verbosity?'], getBlock),
  method('getchaintips', [], ({ node }) => {
    const { height, hash } = node.chain.tip()
    return [{ height, hash: hashToHex(hash), branchlen: 0, status: 'active' }]
  }),
  method('getblockfilter', ['blockhash', 'filtertype?'], getBlockFilter),
  method('waitfornewblock', ['timeout?'], async (context, given) => {
    const { node } = context
    await until(context, given.integer('timeout', 0), async (signal) => {
      await node.events.next('tip-changed', { signal, timeout: LONGEST_WAIT })
    })
    return tipJson(context)
  }),
  method('waitforblockheight', ['height', 'timeout?'], async (context, given) => {
    const height = given.integer('height')
    await until(context, given.integer('timeout', 0), (signal) =>
      context.node.chain.waitForHeight(height, { signal, timeout: LONGEST_WAIT }),
    )
    return tipJson(context)
  }),
])

/** Waits, no longer than that many milliseconds (0: as long as a call may); what is over then is no error. */
async function until(
  { clock, signal }: RpcContext,
  timeout: number,
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const longest = timeout <= 0 ? LONGEST_WAIT : Math.min(timeout, LONGEST_WAIT)
  await withDeadline(clock, longest, wait, { signal }).catch(() => undefined)
}

function tipJson({ node }: RpcContext): object {
  const { height, hash } = node.chain.tip()
  return { hash: hashToHex(hash), height }
}

function blockchainInfo({ node, network, pruned }: RpcContext): object {
  const { blockchain } = node.info()
  const { header } = node.chain.tip()
  const { range, bytes } = node.blocks.stored()
  return {
    chain: chainName(network),
    blocks: blockchain.blocks,
    headers: blockchain.headers,
    bestblockhash: blockchain.bestBlockHash,
    bits: bitsHex(header),
    target: targetHex(header),
    difficulty: difficultyOf(header.bits),
    time: blockchain.time,
    mediantime: blockchain.medianTime,
    verificationprogress: blockchain.headers === 0 ? 1 : blockchain.blocks / blockchain.headers,
    initialblockdownload: blockchain.initialBlockDownload,
    chainwork: blockchain.chainWork,
    size_on_disk: bytes,
    pruned,
    ...(pruned && { pruneheight: range?.from ?? 0, automatic_pruning: true }),
    warnings: [],
  }
}

interface Known {
  readonly header: BlockHeader
  readonly hash: BlockHash
  readonly height: number
}

function known({ node }: RpcContext, given: RpcArguments): Known {
  const hash = hashOf(given.text('blockhash'))
  const entry = node.chain.get(hash)
  if (entry !== undefined) return { header: entry.header, hash, height: entry.height }
  const height = node.chain.heightOf(hash)
  const header = height === undefined ? undefined : node.chain.headerAt(height)
  if (height === undefined || header === undefined) {
    throw new RpcError(RPC_CODE.invalidAddressOrKey, 'Block not found')
  }
  return { header, hash, height }
}

function hashOf(text: string): BlockHash {
  if (text.length !== HASH_DIGITS) {
    throw invalidParameter(
      `blockhash must be of length ${HASH_DIGITS} (not ${text.length}, for '${text.slice(0, HASH_DIGITS)}')`,
    )
  }
  if (!/^[0-9a-f]+$/i.test(text))
    throw invalidParameter(`blockhash must be hexadecimal string (not '${text}')`)
  return asBlockHash(blockHashFromHex(text.toLowerCase()))
}

function headerJson(
  { node }: RpcContext,
  header: BlockHeader,
  hash: BlockHash,
  height: number,
  nTx = 0,
): object {
  const { chain } = node
  const isActive = chain.isActive(hash)
  const next = isActive ? chain.hashAt(height + 1) : undefined
  return {
    hash: hashToHex(hash),
    confirmations: isActive ? chain.tip().height - height + 1 : -1,
    height,
    version: header.version,
    versionHex: (header.version >>> 0).toString(16).padStart(8, '0'),
    merkleroot: hashToHex(header.merkleRoot),
    time: header.time,
    mediantime: chain.medianTimePast(hash) ?? header.time,
    nonce: header.nonce,
    bits: bitsHex(header),
    target: targetHex(header),
    difficulty: difficultyOf(header.bits),
    chainwork: (chain.get(hash)?.work ?? 0n).toString(16).padStart(HASH_DIGITS, '0'),
    nTx,
    ...(height > 0 && { previousblockhash: hashToHex(header.previousBlockHash) }),
    ...(next !== undefined && { nextblockhash: hashToHex(next) }),
  }
}

async function getBlock(context: RpcContext, given: RpcArguments): Promise<unknown> {
  const { header, hash, height } = known(context, given)
  const { signal } = context
  const verbosity =
    typeof given.raw('verbosity') === 'boolean'
      ? Number(given.boolean('verbosity'))
      : given.integer('verbosity', 1)
  let block: Block
  try {
    block = (await context.node.getBlock(hash, { signal, timeout: BLOCK_TIMEOUT })).block
  } catch (error) {
    throw new RpcError(
      RPC_CODE.misc,
      `Block not available: ${isNodeError(error) ? error.message : ''}`,
      error,
    )
  }
  if (verbosity <= 0) return bytesToHex(blockBytes(block))
  const { transactions } = block
  return {
    ...headerJson(context, header, hash, height, transactions.length),
    strippedsize: blockSize(block, false),
    size: blockSize(block),
    weight: blockWeight(block),
    tx:
      verbosity === 1
        ? txids(transactions).map(hashToHex)
        : transactions.map((transaction) => transactionJson(transaction)),
  }
}

/** What a transaction alone says: no amounts of inputs, no addresses, no fee. */
function transactionJson(transaction: Transaction): object {
  const coinbase = isCoinbase(transaction)
  return {
    txid: hashToHex(txid(transaction)),
    hash: hashToHex(wtxid(transaction)),
    version: transaction.version >>> 0,
    size: transactionSize(transaction),
    vsize: transactionVirtualSize(transaction),
    weight: transactionWeight(transaction),
    locktime: transaction.lockTime,
    vin: transaction.inputs.map(({ previousOutput, scriptSig, sequence, witness }) => ({
      ...(coinbase
        ? { coinbase: bytesToHex(scriptSig) }
        : {
            txid: hashToHex(previousOutput.txid),
            vout: previousOutput.index,
            scriptSig: { hex: bytesToHex(scriptSig) },
          }),
      ...(witness.length > 0 && { txinwitness: witness.map(bytesToHex) }),
      sequence,
    })),
    vout: transaction.outputs.map(({ value, scriptPubKey }, n) => ({
      value: btc(value),
      n,
      scriptPubKey: { hex: bytesToHex(scriptPubKey) },
    })),
    hex: bytesToHex(encodeTransaction(transaction)),
  }
}

async function getBlockFilter(context: RpcContext, given: RpcArguments): Promise<unknown> {
  const { node, index, asksForFilters, signal } = context
  const { height } = known(context, given)
  const type = given.optionalText('filtertype') ?? 'basic'
  if (type !== 'basic') throw new RpcError(RPC_CODE.invalidAddressOrKey, 'Unknown filtertype')
  const kept = await index?.filter(height)
  if (kept !== undefined) return { filter: bytesToHex(kept.filter), header: hashToHex(kept.header) }
  if (!asksForFilters) {
    throw new RpcError(RPC_CODE.misc, `Index is not enabled for filtertype ${type}`)
  }
  for await (const { bytes, header } of node.filters.range({ from: height, to: height }, { signal })) {
    return { filter: bytesToHex(bytes), header: hashToHex(header) }
  }
  throw new RpcError(RPC_CODE.misc, 'Filter not found.')
}

function bitsHex({ bits }: BlockHeader): string {
  return bits.toString(16).padStart(8, '0')
}

function targetHex({ bits }: BlockHeader): string {
  return (bitsToTarget(bits) ?? 0n).toString(16).padStart(HASH_DIGITS, '0')
}

/** How often harder than the easiest (Core, `GetDifficulty`), in as many digits as Core's JSON has. */
function difficultyOf(bits: number): number {
  const difficulty = (DIFFICULTY_ONE / (bits & 0xffffff)) * BYTE ** (DIFFICULTY_ONE_EXPONENT - (bits >>> 24))
  return Number(difficulty.toPrecision(JSON_DIGITS))
}
