import type { Clock } from '@sapwood/transport-v1v2'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { NodeEventSource } from '../handle/node-events.ts'
import type { HeaderChain } from '../chain/header-chain-types.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { NodeMetrics } from './node-metrics.ts'

/** How often gauges are set, in milliseconds. */
const GAUGE_INTERVAL = 5_000

/** Feeds collectors from the node's events. @returns how to stop. */
export function feedMetrics(
  metrics: NodeMetrics | undefined,
  components: {
    readonly clock: Clock
    readonly events: NodeEventSource
    readonly chain: HeaderChain
    readonly table: ConnectionTable
    readonly state: { readonly addresses: AddressManager }
  },
): () => void {
  if (metrics === undefined) return () => undefined
  const { clock, events, chain, table, state } = components
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
    events.on('tip-changed', ({ change }) => metrics.tipHeight?.set({}, change.newTip.height)),
  ]
  let cancel = (): void => undefined
  const setGauges = (): void => {
    metrics.tipHeight?.set({}, chain.tip().height)
    const counts = state.addresses.counts()
    metrics.addresses?.set({ table: 'new' }, counts.new)
    metrics.addresses?.set({ table: 'tried' }, counts.tried)
    for (const [key, count] of readyConnections(table)) {
      const [kind = '', protocol = ''] = key.split(' ')
      metrics.connections?.set({ kind, protocol }, count)
    }
    cancel = clock.setTimer(GAUGE_INTERVAL, setGauges)
  }
  setGauges()
  return () => {
    cancel()
    for (const stop of stops) stop()
  }
}

/** Every kind and protocol seen so far, so that a gauge goes back to 0. */
const known = new WeakMap<ConnectionTable, Set<string>>()

function readyConnections(table: ConnectionTable): Map<string, number> {
  const keys = known.get(table) ?? new Set<string>()
  known.set(table, keys)
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, 0)
  for (const { kind, protocol } of table.ready()) {
    const key = `${kind} ${protocol}`
    keys.add(key)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
