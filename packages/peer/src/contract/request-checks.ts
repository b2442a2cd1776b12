import {
  aBoolean,
  aCount,
  aHash,
  aHeight,
  argument,
  type ArgumentCheck,
  listOf,
  needed,
  oneOf,
  type OptionChecks,
  optionsOf,
} from '@sapwood/wire-codec/arguments'
import type { ParametersOf, RequestType, TransactionId } from './request-map.ts'

const aBlockHash = aHash('blockHashFromHex')

const blocks: OptionChecks<ParametersOf<'getBlocks'>> = {
  hashes: needed(listOf(aBlockHash)),
  witness: aBoolean,
  window: aCount,
}
const filters: OptionChecks<ParametersOf<'getCompactFilters'>> = {
  filterType: aHeight,
  startHeight: needed(aHeight),
  stopHash: needed(aBlockHash),
}
const anObject = argument('an object', (value) => typeof value === 'object' && value !== null)

/** What each request needs. */
const parameterChecks: { readonly [Type in RequestType]: OptionChecks<ParametersOf<Type>> } = {
  getHeaders: { locator: needed(listOf(aBlockHash)), stopHash: aBlockHash },
  getBlocks: blocks,
  getRawBlocks: blocks,
  getTransactions: {
    ids: needed(
      listOf(
        optionsOf<TransactionId>({
          kind: needed(oneOf('txid', 'wtxid')),
          hash: needed(aHash('txidFromHex')),
        }),
      ),
    ),
  },
  getAddresses: {},
  getMempool: {},
  ping: {},
  getCompactFilters: filters,
  getCompactFilterHeaders: filters,
  getCompactFilterCheckpoints: { filterType: aHeight, stopHash: needed(aBlockHash) },
  getUtreexoProof: { request: needed(anObject) },
  getUtreexoRoots: { blockHash: needed(aBlockHash) },
  getUtreexoTtls: { request: needed(anObject) },
  getBlockTransactions: {
    blockHash: needed(aBlockHash),
    indexes: needed(
      argument('a list of indexes', (value) => Array.isArray(value) || ArrayBuffer.isView(value)),
    ),
  },
}

const byType = new Map<string, ArgumentCheck>(
  Object.entries(parameterChecks).map(([type, checks]) => [
    type,
    optionsOf({ type: oneOf(type), ...checks }),
  ]),
)
const aRequestType = oneOf(...byType.keys())

/** What is wrong with a request, and what was probably meant. */
export const aRequest: ArgumentCheck = (value, path) => {
  const { type } = (value ?? {}) as { readonly type?: unknown }
  return aRequestType(type, `${path}.type`) ?? byType.get(type as string)?.(value, path)
}
