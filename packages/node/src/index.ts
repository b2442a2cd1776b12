export { createTcpListener, makeFolder, openStore } from '#platform'
export type { AddressCounts, AddressInfo } from './addresses/address-info.ts'
export type { BanEntry } from './addresses/ban-list.ts'
export type { Subnet } from './addresses/subnet.ts'
export { type BlockFault, type BlockRule, checkBlock } from './blocks/block-check.ts'
export type { BlockChecker } from './blocks/block-checker.ts'
export type { DeliveredBlock } from './blocks/block-download-action.ts'
export type { BlockStore, BlockToStore, StoredBlocks, StoredRange } from './blocks/block-store.ts'
export type { BlockStreamItem } from './blocks/block-stream-item.ts'
export { NODE_NETWORK_LIMITED_MIN_BLOCKS } from './chain/best-block-depth.ts'
export type { ChainCheckpoint } from './chain/chain-checkpoint.ts'
export type { BlockRef, ChainEntry, TipChange } from './chain/chain-entry.ts'
export type { HeaderChain } from './chain/header-chain.ts'
export type { ProxySetting, ReachOptions } from './connections/reach-options.ts'
export type { InboundStream, Listener, Listening } from './connections/listener.ts'
export type { SlotOptions } from './connections/slots.ts'
export type { ConnectionFacts } from './connections/connection-events.ts'
export type { NodeDialer } from './connections/node-dialer.ts'
export type { TcpListenerOptions } from './connections/tcp-listener-options.ts'
export type { StopListening } from './events/event-source.ts'
export { isNodeError, NodeError, type NodeErrorCode, type NodeErrorFacts } from './errors/node-error.ts'
export type { FilteredBlockItem, FilteredBlocks, FilterPosition } from './filters/filtered-block-item.ts'
export type { VerifiedFilter } from './filters/filter-stream.ts'
export { createNode } from './handle/create-node.ts'
export { nodeEventNames } from './handle/node-events.ts'
export type {
  NodeEvent,
  NodeEventName,
  NodeEventOf,
  NodeEvents,
  NodeEventSource,
  SubscribeOptions,
} from './handle/node-events.ts'
export type {
  AddedPeer,
  AddPeerOptions,
  AddressAccess,
  BanAccess,
  BlockAccess,
  CallOptions,
  ChainAccess,
  FilterAccess,
  NetworkAccess,
  NodeHandle,
  ServingAccess,
  StandingOffer,
  TransactionAccess,
  TransactionSubscription,
  UtreexoAccess,
  UtreexoStateView,
} from './handle/node-handle.ts'
export type { BlockchainInfo, NetworkInfo, NodeInfo, UtreexoInfo } from './handle/node-info.ts'
export type { NodeComponents, NodeOptions, NodeTimeouts } from './handle/node-options.ts'
export type { NodePeer } from './handle/node-peer.ts'
export type { OfferedServices, ServiceOffer } from './connections/service-table.ts'
export type {
  CounterCollector,
  GaugeCollector,
  MetricLabels,
  NodeMetrics,
} from './handle/node-metrics.ts'
export type { HeaderBelow } from './chain/headers-below.ts'
export type { PhaseName } from './chain/phases.ts'
export type {
  KeyRange,
  KeyValueNamespace,
  KeyValueOperation,
  KeyValueStore,
} from './store/key-value-store.ts'
export { createMemoryStore } from './store/memory-store.ts'
export type { OpenStore } from './store/open-store.ts'
export { storeError } from './store/store-error.ts'
export type { BroadcastOptions, BroadcastOutcome, BroadcastState } from './transactions/own-broadcast.ts'
export type { PrivateBroadcastState } from './transactions/private-broadcast.ts'
export type { HeardTransaction, PoolSize, TransactionFilter } from './transactions/transaction-pool.ts'
export type { TransactionRelayOptions } from './transactions/transaction-relay.ts'
export type { ProvedBlockItem, ProvedItem } from './utreexo/proved-item.ts'
export type { ScriptCheck } from './utreexo/script-check.ts'
export type { AssumedUtreexoState, UtreexoOptions } from './utreexo/utreexo-options.ts'
