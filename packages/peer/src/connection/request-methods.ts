import type { BlockHash } from '@sapwood/wire-codec'
import { PeerError } from '../contract/peer-error.ts'
import type {
  NodeRequestOf,
  ParametersOf,
  ReceivedBlock,
  ReplyHandle,
  RequestOptions,
  RequestType,
  TransactionId,
} from '../contract/request-map.ts'
import type { Peer } from '../contract/peer.ts'

type BlockOptions = RequestOptions & Omit<ParametersOf<'getBlocks'>, 'hashes'>

/** The requests of `Peer` by name: each is `request` with its type. */
export abstract class RequestMethods implements Pick<Peer, RequestType | 'getBlock'> {
  abstract request<Type extends RequestType>(
    request: NodeRequestOf<Type>,
    options?: RequestOptions,
  ): ReplyHandle<Type>

  getHeaders(parameters: ParametersOf<'getHeaders'>, options?: RequestOptions): ReplyHandle<'getHeaders'> {
    return this.request({ type: 'getHeaders', ...parameters }, options)
  }

  async getBlock(hash: BlockHash, options?: RequestOptions): Promise<ReceivedBlock> {
    for await (const block of this.getBlocks([hash], options)) return block
    // A stream of one ends with its block, or throws.
    throw new PeerError('not-found', 'the block did not come', { request: 'getBlocks', missing: [hash] })
  }

  getBlocks(hashes: readonly BlockHash[], options: BlockOptions = {}): ReplyHandle<'getBlocks'> {
    return this.request({ type: 'getBlocks', ...blockParameters(hashes, options) }, options)
  }

  getRawBlocks(hashes: readonly BlockHash[], options: BlockOptions = {}): ReplyHandle<'getRawBlocks'> {
    return this.request({ type: 'getRawBlocks', ...blockParameters(hashes, options) }, options)
  }

  getTransactions(ids: readonly TransactionId[], options?: RequestOptions): ReplyHandle<'getTransactions'> {
    return this.request({ type: 'getTransactions', ids }, options)
  }

  getAddresses(options?: RequestOptions): ReplyHandle<'getAddresses'> {
    return this.request({ type: 'getAddresses' }, options)
  }

  getMempool(options?: RequestOptions): ReplyHandle<'getMempool'> {
    return this.request({ type: 'getMempool' }, options)
  }

  ping(options?: RequestOptions): ReplyHandle<'ping'> {
    return this.request({ type: 'ping' }, options)
  }

  getCompactFilters(
    parameters: ParametersOf<'getCompactFilters'>,
    options?: RequestOptions,
  ): ReplyHandle<'getCompactFilters'> {
    return this.request({ type: 'getCompactFilters', ...parameters }, options)
  }

  getCompactFilterHeaders(
    parameters: ParametersOf<'getCompactFilterHeaders'>,
    options?: RequestOptions,
  ): ReplyHandle<'getCompactFilterHeaders'> {
    return this.request({ type: 'getCompactFilterHeaders', ...parameters }, options)
  }

  getCompactFilterCheckpoints(
    parameters: ParametersOf<'getCompactFilterCheckpoints'>,
    options?: RequestOptions,
  ): ReplyHandle<'getCompactFilterCheckpoints'> {
    return this.request({ type: 'getCompactFilterCheckpoints', ...parameters }, options)
  }

  getBlockTransactions(
    parameters: ParametersOf<'getBlockTransactions'>,
    options?: RequestOptions,
  ): ReplyHandle<'getBlockTransactions'> {
    return this.request({ type: 'getBlockTransactions', ...parameters }, options)
  }

  getUtreexoProof(
    parameters: ParametersOf<'getUtreexoProof'>,
    options?: RequestOptions,
  ): ReplyHandle<'getUtreexoProof'> {
    return this.request({ type: 'getUtreexoProof', ...parameters }, options)
  }

  getUtreexoRoots(
    parameters: ParametersOf<'getUtreexoRoots'>,
    options?: RequestOptions,
  ): ReplyHandle<'getUtreexoRoots'> {
    return this.request({ type: 'getUtreexoRoots', ...parameters }, options)
  }

  getUtreexoTtls(
    parameters: ParametersOf<'getUtreexoTtls'>,
    options?: RequestOptions,
  ): ReplyHandle<'getUtreexoTtls'> {
    return this.request({ type: 'getUtreexoTtls', ...parameters }, options)
  }
}

function blockParameters(hashes: readonly BlockHash[], options: BlockOptions): ParametersOf<'getBlocks'> {
  const { witness, window } = options
  return { hashes, witness, window }
}
