import type { NodeHandle } from '@sapwood/node'
import type { ChainIndex } from '@sapwood/storage'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { Network } from '@sapwood/wire-codec'
import type { Traffic } from './traffic.ts'

/** What the methods work with. */
export interface RpcContext {
  readonly node: NodeHandle
  readonly network: Network
  readonly clock: Clock
  readonly traffic: Traffic
  /** Aborted when the node ends: what is waited for then ends too. */
  readonly signal: AbortSignal
  /** Where blocks are indexed on disk. */
  readonly index?: Pick<ChainIndex, 'filter'>
  /** Whether blocks are kept, and not all of them. */
  readonly pruned: boolean
  /** Whether peers are asked for filters. */
  readonly asksForFilters: boolean
  /** `host:port` of the proxy of IPv4 and IPv6, and of onion services. */
  readonly proxies: { readonly ip?: string; readonly onion?: string }
  /** Switches the log's details on and off, and says whether they are on. */
  readonly debugLog: { enabled: boolean }
  /** Ends the node. */
  readonly stop: () => void
}
