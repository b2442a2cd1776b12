import type { AddressNetwork, NetworkAddress } from '@sapwood/wire-codec'
import type { PeerServices } from '@sapwood/peer'
import type { Clock, Logger, MemoryBudget, Random, TurnScheduler } from '@sapwood/transport-v1v2/environment'
import type { DiscouragedHosts } from '../bans/discouraged-hosts.ts'
import type { BlockChecker } from '../blocks/block-checker.ts'
import type { BlockDownload } from '../blocks/block-download-types.ts'
import type { SeedDriver } from '../bootstrap/seed-driver.ts'
import type { StorableHeaderChain } from '../chain/header-chain.ts'
import type { HeaderSync } from '../chain/header-sync-types.ts'
import type { AddedPeers } from '../connections/added-peers.ts'
import type { ConnectionKeeperOptions } from '../connections/connection-keeper.ts'
import type { SlotLimits } from '../connections/slots.ts'
import type { EventSink } from '../events/event-source.ts'
import type { AddressEvents } from '../addresses/address-events.ts'
import type { BanEvents } from '../bans/ban-events.ts'
import type { BlockEvents } from '../blocks/block-events.ts'
import type { ChainEvents } from '../chain/chain-events.ts'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { PhaseEvents } from '../phases/phase-events.ts'
import type { TransactionEvents } from '../transactions/transaction-events.ts'
import type { NodeDialer } from '../connections/node-dialer.ts'
import type { LoopDelayMonitor } from '../metrics/loop-delay.ts'
import type { TransactionRelay } from '../transactions/transaction-relay-types.ts'
import type { NodeState } from './node-state.ts'

/** What is told by the loop and what it owns. */
export type LoopEvents = AddressEvents &
  BanEvents &
  BlockEvents &
  ChainEvents &
  ConnectionEvents &
  PhaseEvents &
  TransactionEvents

export interface NodeLoopOptions extends Omit<ConnectionKeeperOptions, 'servicesWanted'> {
  readonly slots: SlotLimits
  readonly connectOnly: boolean
  readonly networkActive: boolean
  /** Peers that offer compact block filters are wanted. */
  readonly filters: boolean
  /** Bits that peers of the node's own choice must offer, given those that they do. */
  readonly servicesWanted: (offered: bigint) => bigint
  readonly saveInterval: number
  readonly ownServices: () => bigint
}

export interface NodeLoopComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly scheduler: TurnScheduler
  readonly memory: MemoryBudget
  readonly loopDelay: LoopDelayMonitor
  readonly dialer: NodeDialer
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly events: EventSink<LoopEvents>
  readonly state: NodeState
  readonly chain: StorableHeaderChain
  readonly headerSync: HeaderSync
  readonly download: BlockDownload
  readonly relay: TransactionRelay
  readonly discouraged: DiscouragedHosts
  readonly added: AddedPeers
  readonly seeds?: SeedDriver
  readonly services: PeerServices
  readonly blockChecker?: BlockChecker
  /** Our own addresses, as they may be told. */
  readonly ownAddresses: () => readonly NetworkAddress[]
}
