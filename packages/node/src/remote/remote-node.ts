import type {
  AddressAccess,
  BanAccess,
  BlockAccess,
  ChainAccess,
  FilterAccess,
  NetworkAccess,
  NodeEventSource,
  NodeHandle,
  TransactionAccess,
} from '../index.ts'

/**
 * The same calls, each with its answer in a promise. Streams are streams, whose `next` asks the other side.
 */
export type Remote<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Parameters) => infer Result
    ? (
        ...args: Parameters
      ) => Result extends Promise<unknown> | AsyncIterableIterator<unknown> ? Result : Promise<Result>
    : never
}

/**
 * A node that runs elsewhere: the handle of `createNode` over a port. What reads the state at once there is a
 * promise here; `network.peer` and `peerEvents`, `serving` and `utreexo` stay with the node.
 */
export interface RemoteNode
  extends AsyncDisposable,
    Remote<Pick<NodeHandle, 'info' | 'peers' | 'getBlock' | 'addPeer' | 'disconnectPeer' | 'stop'>> {
  readonly chain: Remote<ChainAccess>
  readonly blocks: Remote<BlockAccess>
  readonly filters: Remote<FilterAccess>
  readonly transactions: Remote<TransactionAccess>
  readonly network: Remote<Omit<NetworkAccess, 'peer' | 'peerEvents' | 'active'>>
  readonly addresses: Remote<AddressAccess>
  readonly bans: Remote<BanAccess>
  /** Those of the node, from the moment that it had started; `at` is when they came. */
  readonly events: NodeEventSource
}

/** The parts of a handle that are reached by name. */
export const REMOTE_GROUPS = [
  'chain',
  'blocks',
  'filters',
  'transactions',
  'network',
  'addresses',
  'bans',
] as const

/** Calls whose result is a stream. */
export const REMOTE_STREAMS: ReadonlySet<string> = new Set([
  'chain.headersBelow',
  'blocks.range',
  'blocks.follow',
  'filters.range',
  'filters.scan',
  'filters.follow',
  'transactions.subscribe',
])
