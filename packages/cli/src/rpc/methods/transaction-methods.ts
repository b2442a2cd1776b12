/**
 * https://github.com/bitcoin/bitcoin/blob/master/src/rpc/mempool.cpp
 * @module
 */

import { isNodeError } from '@sapwood/node'
import { decodeTransaction, hashToHex, hexToBytes, isDecodeError } from '@sapwood/wire-codec'
import { btc, MIN_RELAY_FEE } from '../core-names.ts'
import { RPC_CODE, RpcError } from '../rpc-error.ts'
import { type MethodFamily, method } from '../rpc-method.ts'

/** Milliseconds until a peer at least has been told. */
const ANNOUNCE_TIMEOUT = 30_000
/** Core's `DEFAULT_MAX_MEMPOOL_SIZE_MB`, in bytes. */
const MAX_POOL = 300_000_000

/** Transactions: what is heard, and what is sent. Nothing is validated: no inputs are known. */
export const transactionMethods: MethodFamily = Object.fromEntries([
  method('sendrawtransaction', ['hexstring', 'maxfeerate?', 'maxburnamount?'], async (context, given) => {
    const { node, signal } = context
    const text = given.text('hexstring')
    // What a transaction pays is not known here, but what is no amount was meant for something else.
    for (const name of ['maxfeerate', 'maxburnamount']) given.checkAmount(name)
    if (!/^([0-9a-f]{2})+$/i.test(text)) throw decodeFailed()
    let transaction: ReturnType<typeof decodeTransaction>
    try {
      transaction = decodeTransaction(hexToBytes(text.toLowerCase()))
    } catch (error) {
      if (isDecodeError(error)) throw decodeFailed(error)
      throw error
    }
    try {
      const { txid } = await node.transactions.broadcast(transaction, {
        signal,
        timeout: ANNOUNCE_TIMEOUT,
        until: 'announced',
      })
      return hashToHex(txid)
    } catch (error) {
      if (!isNodeError(error)) throw error
      throw new RpcError(RPC_CODE.verifyRejected, error.message, error)
    }
  }),
  method('getmempoolinfo', [], ({ node }) => {
    const { transactions, bytes, usage } = node.transactions.pool()
    return {
      loaded: true,
      size: transactions,
      bytes,
      usage,
      total_fee: 0,
      maxmempool: MAX_POOL,
      mempoolminfee: btc(MIN_RELAY_FEE),
      minrelaytxfee: btc(MIN_RELAY_FEE),
      incrementalrelayfee: btc(MIN_RELAY_FEE),
      unbroadcastcount: node.transactions.broadcasts().length,
      fullrbf: true,
    }
  }),
])

function decodeFailed(cause?: unknown): RpcError {
  return new RpcError(
    RPC_CODE.deserialization,
    'TX decode failed. Make sure the tx has at least one input.',
    cause,
  )
}
