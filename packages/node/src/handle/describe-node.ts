import {
  ADDRESS_NETWORKS,
  type AddressNetwork,
  bitsToTarget,
  hashToHex,
  type Network,
  type NetworkAddress,
  formatPeerAddress,
  ProtocolVersion,
  serviceNames,
} from '@sapwood/wire-codec'
import { type Clock, DAY, type Instant, type MemoryBudget } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import type { ChainDriver } from '../loop/chain-driver.ts'
import type { LoopDelayMonitor } from '../platform/loop-delay-monitor.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import type { BlockchainInfo, NetworkInfo, NodeInfo, UtreexoInfo } from './node-info.ts'

/** Target of difficulty 1, by convention of every network (Core, `GetDifficulty`). */
const DIFFICULTY_1_TARGET = 0xffffn << 208n
/** A tip older than this means that the chain is still being downloaded (Core, `-maxtipage`). */
const MAX_TIP_AGE = DAY

export interface DescribeNodeComponents {
  readonly clock: Clock
  readonly network: Network
  readonly table: ConnectionTable
  readonly networkSwitch: Pick<NetworkSwitch, 'active'>
  readonly phase: CurrentPhase
  readonly driver: Pick<ChainDriver, 'streams'>
  readonly chain: HeaderChain
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly ownAddresses: () => readonly NetworkAddress[]
  readonly services: bigint
  readonly userAgent: string
  readonly version: string
  readonly relay: boolean
  readonly startedAt: Instant
  readonly memory: MemoryBudget
  readonly loopDelay: LoopDelayMonitor
  readonly utreexo: UtreexoInfo | undefined
}

/** What `info()` says. */
export function describeNode(components: DescribeNodeComponents): NodeInfo {
  return {
    phase: components.phase.name,
    startedAt: components.clock.wallTime(components.startedAt),
    network: networkInfo(components),
    blockchain: blockchainInfo(components),
    memory: components.memory.use(),
    eventLoopDelay: components.loopDelay.read(),
    ...(components.utreexo !== undefined && { utreexo: components.utreexo }),
  }
}

function networkInfo({
  table,
  networkSwitch,
  services,
  userAgent,
  version,
  relay,
  reachable,
  ownAddresses,
}: DescribeNodeComponents): NetworkInfo {
  let incoming = 0
  let outgoing = 0
  const offsets: number[] = []
  for (const record of table.ready()) {
    if (record.kind === 'inbound') incoming += 1
    else {
      outgoing += 1
      offsets.push(record.version.timeOffset)
    }
  }
  return {
    version,
    subversion: userAgent,
    protocolVersion: ProtocolVersion.CURRENT,
    localServices: services,
    localServicesNames: serviceNames(services),
    localRelay: relay,
    networkActive: networkSwitch.active,
    connections: incoming + outgoing,
    connectionsIn: incoming,
    connectionsOut: outgoing,
    networks: ADDRESS_NETWORKS.map((name) => ({ name, reachable: reachable.has(name) })),
    localAddresses: ownAddresses().map(formatPeerAddress),
    timeOffset: median(offsets),
  }
}

function blockchainInfo({ network, chain, phase, driver, clock }: DescribeNodeComponents): BlockchainInfo {
  const tip = chain.tip()
  const target = bitsToTarget(tip.header.bits)
  return {
    chain: network.name,
    blocks: driver.streams.lowestFollowed() ?? tip.height,
    headers: tip.height,
    bestBlockHash: hashToHex(tip.hash),
    difficulty: target === undefined ? 0 : Number((DIFFICULTY_1_TARGET * 1_000_000_000n) / target) / 1e9,
    time: tip.header.time,
    medianTime: chain.medianTimePast(tip.hash) ?? tip.header.time,
    chainWork: tip.work.toString(16).padStart(64, '0'),
    initialBlockDownload:
      phase.name === 'choosing-chain' || clock.wallTime() - tip.header.time * 1000 > MAX_TIP_AGE,
  }
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}
