import { type ConnectionKind, kindBehaviour } from '@sapwood/peer'
import type { TransportProtocol } from '@sapwood/transport-v1v2'
import type { Clock, Logger, MemoryBudget, MemoryPurpose } from '@sapwood/transport-v1v2/environment'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { BlockEvents } from '../blocks/block-events.ts'
import type { ChainEvents } from '../chain/chain-events.ts'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { EventSource } from '../events/event-source.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { UtreexoEvents } from '../utreexo/utreexo-events.ts'
import { guardedMetrics } from './guarded-metrics.ts'
import type { LoopDelayMonitor } from '../platform/loop-delay-monitor.ts'
import type { NodeMetrics } from './node-metrics.ts'

/** How often gauges are set, in milliseconds. */
const GAUGE_INTERVAL = 5_000

export interface MetricsComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventSource<ConnectionEvents & ChainEvents & BlockEvents & UtreexoEvents> & {
    readonly dropped: number
  }
  readonly chain: HeaderChain
  readonly table: ConnectionTable
  readonly state: { readonly addresses: AddressManager }
  readonly memory: MemoryBudget
  readonly loopDelay: LoopDelayMonitor
  /** Where blocks are proved: how far, and with whom. */
  readonly utreexo: () =>
    | { readonly height: number; readonly peers: number; readonly archivePeers: number }
    | undefined
}

/** Feeds collectors from the node's events. @returns how to stop. */
export function feedMetrics(given: NodeMetrics | undefined, components: MetricsComponents): () => void {
  if (given === undefined) return () => undefined
  const { clock, events } = components
  const metrics = guardedMetrics(given, components.logger)
  const stops = [
    events.on('peer-connected', ({ kind }) => metrics.dials?.inc({ kind, outcome: 'connected' })),
    events.on('connection-failed', ({ kind }) => metrics.dials?.inc({ kind, outcome: 'failed' })),
    events.on('peer-disconnected', ({ kind, reason }) =>
      metrics.disconnects?.inc({ kind, code: reason.code }),
    ),
    events.on('block-received', ({ bytes }) => {
      metrics.blocksReceived?.inc({})
      metrics.blockBytes?.inc({}, bytes)
    }),
    events.on('block-proved', ({ block, from }) => {
      metrics.provedHeight?.set({}, block.height)
      if (from !== undefined) metrics.proofs?.inc({ outcome: 'proved' })
    }),
    events.on('proof-invalid', () => metrics.proofs?.inc({ outcome: 'invalid' })),
    events.on('proof-late', () => metrics.proofs?.inc({ outcome: 'late' })),
    events.on('tip-changed', ({ change }) => metrics.tipHeight?.set({}, change.newTip.height)),
  ]
  const connections = createConnectionsGauge(metrics, components.table)
  stops.push(events.on('peer-ready', connections), events.on('peer-disconnected', connections))
  const gauges = createGauges(metrics, components)
  let cancel = (): void => undefined
  const setGauges = (): void => {
    cancel = clock.setTimer(GAUGE_INTERVAL, setGauges, { idle: true })
    connections()
    gauges()
  }
  setGauges()
  return () => {
    cancel()
    for (const stop of stops) stop()
  }
}

/** What is looked at now and then. */
function createGauges(metrics: NodeMetrics, components: MetricsComponents): () => void {
  const { chain, state, memory, loopDelay, events, utreexo } = components
  const counted = { evicted: 0, dropped: 0 }
  return () => {
    metrics.tipHeight?.set({}, chain.tip().height)
    const addresses = state.addresses.counts()
    metrics.addresses?.set({ table: 'new' }, addresses.new)
    metrics.addresses?.set({ table: 'tried' }, addresses.tried)
    const proved = utreexo()
    if (proved !== undefined) {
      metrics.provedHeight?.set({}, proved.height)
      metrics.utreexoPeers?.set({ serves: 'recent' }, proved.peers)
      metrics.utreexoPeers?.set({ serves: 'all' }, proved.archivePeers)
    }
    const { byPurpose, evicted } = memory.use()
    for (const purpose of Object.keys(byPurpose) as MemoryPurpose[]) {
      metrics.memory?.set({ purpose }, byPurpose[purpose])
    }
    metrics.memoryEvictions?.inc({}, evicted - counted.evicted)
    metrics.eventsDropped?.inc({}, events.dropped - counted.dropped)
    counted.evicted = evicted
    counted.dropped = events.dropped
    const { mean, max } = loopDelay.read()
    metrics.eventLoopDelay?.set({ of: 'mean' }, mean)
    metrics.eventLoopDelay?.set({ of: 'max' }, max)
  }
}

const PROTOCOLS: readonly TransportProtocol[] = ['v1', 'v2']

/** Of every kind and protocol from the start, so that none is missing before it is first seen. */
function createConnectionsGauge(metrics: NodeMetrics, table: ConnectionTable): () => void {
  const kinds = Object.keys(kindBehaviour) as ConnectionKind[]
  return () => {
    if (metrics.connections === undefined) return
    const ready = [...table.ready()]
    for (const kind of kinds) {
      for (const protocol of PROTOCOLS) {
        const count = ready.filter((each) => each.kind === kind && each.protocol === protocol).length
        metrics.connections.set({ kind, protocol }, count)
      }
    }
  }
}
