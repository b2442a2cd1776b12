import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import type { PeerId, PeerVersion } from '@sapwood/peer'
import { readAddress } from './read-address.ts'
import { type AddedPeers, connectionOf } from '../connections/added-peers.ts'
import { closeConnection } from '../connections/close-connection.ts'
import type { ConnectionManager } from '../connections/connection-manager.ts'
import { type ConnectionRecord, isReady } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { Listening } from '../connections/listener.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import type { ConnectionOpener } from '../connections/connection-opener.ts'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import type { BanManager } from '../loop/ban-manager.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import type { NodeEventHub } from './node-events.ts'
import { createNodePeer } from './node-peer.ts'
import type { AddPeerOptions, NetworkAccess } from './node-handle.ts'
import type { PeerInfos } from './peer-infos.ts'

/** The handle's control over connections. */
export function createNetworkAccess(components: {
  readonly calls: CallQueue
  readonly table: ConnectionTable
  readonly infos: PeerInfos
  readonly connections: Pick<ConnectionManager, 'open'>
  readonly networkSwitch: NetworkSwitch
  readonly banManager: Pick<BanManager, 'letGo'>
  readonly opener: Pick<ConnectionOpener, 'hasManualSlot'>
  readonly added: AddedPeers
  readonly events: NodeEventHub
  readonly defaultPort: number
  readonly isBanned: (address: PeerAddress) => boolean
  readonly withDeadline: WithCallDeadline
  readonly listening: readonly Listening[]
}): NetworkAccess {
  const { listening, calls, table, connections, networkSwitch, banManager, opener, added, events } =
    components
  const { defaultPort, isBanned, withDeadline, infos } = components

  const begin = (address: PeerAddress, options: AddPeerOptions): ConnectionRecord => {
    const text = formatPeerAddress(address)
    const kind = options.kind ?? 'manual'
    if (!networkSwitch.active) throw new NodeError('network-inactive', 'The network is switched off')
    if (isBanned(address)) throw new NodeError('address-banned', `${text} is under a ban`, { received: text })
    const existing = table.to(address)
    if (options.once === true || kind !== 'manual') {
      if (existing !== undefined)
        throw new NodeError('already-connected', `${text} is connected, or being connected to`, {
          received: text,
        })
      return connections.open({ kind, address })
    }
    if (existing === undefined && !opener.hasManualSlot())
      throw new NodeError('slots-full', 'No slot for another added peer')
    if (added.add(address) === undefined)
      throw new NodeError('already-added', `${text} has been added before`, { received: text })
    return existing ?? connections.open({ kind: 'manual', address })
  }

  /**
   * Whom an added name turned out to be: a peer that was connected by another of its names,
   * or by its address.
   */
  const sameAs = ({ key }: ConnectionRecord): ConnectionRecord | undefined => {
    const peer = key && added.get(key)
    return peer && connectionOf(peer, table)
  }

  const addPeer: NetworkAccess['addPeer'] = (address, options = {}) =>
    calls.call('addPeer', () => begin(readAddress(address, defaultPort), options).id)

  return {
    peers: () => infos.all(),
    addPeer,
    connectPeer: (address, options = {}) =>
      withDeadline(options, (signal) =>
        calls.call('connectPeer', () => {
          const record = begin(readAddress(address, defaultPort), options)
          const isKept = options.once !== true && (options.kind ?? 'manual') === 'manual'
          return ready(record, isKept ? { events, signal, sameAs } : { events, signal })
        }),
      ),
    removePeer: (address) =>
      calls.call('removePeer', () => {
        const parsed = readAddress(address, defaultPort)
        const removed = added.remove(parsed)
        if (removed === undefined) {
          const text = formatPeerAddress(parsed)
          throw new NodeError('not-added', `${text} has not been added`, { received: text })
        }
        const record = connectionOf(removed, table)
        // It may have been added by another of its names too, and is then kept for that.
        const isWanted = added.all().some((other) => connectionOf(other, table) === record)
        if (record !== undefined && !isWanted) banManager.letGo(record, 'removed')
      }),
    addedPeers: () =>
      added.all().map((peer) => {
        const { address, text, failures } = peer
        const record = connectionOf(peer, table)
        return { address, text, failures, ...(record !== undefined && { connected: record.id }) }
      }),
    peer: (id) => {
      const record = table.get(id)
      if (record !== undefined && isReady(record)) return createNodePeer(record, infos)
      const why = record === undefined ? `No connection has the id ${id}` : 'Its handshake is not done'
      throw new NodeError('unknown-peer', why, { received: id })
    },
    peerEvents: (id) => {
      const events = table.get(id)?.peer?.events
      if (events !== undefined) return events
      throw new NodeError('unknown-peer', `No connection has the id ${id}`, { received: id })
    },
    disconnectPeer: (id, options) =>
      calls.call('disconnectPeer', () => {
        const record = table.get(id)
        if (record === undefined)
          throw new NodeError('unknown-peer', `No connection has the id ${id}`, { received: id })
        return closeConnection(record, { detail: options?.detail ?? 'requested', blame: 'none' })
      }),
    ping: (options) =>
      withDeadline(options, async (signal) => {
        const peers = await calls.call('ping', () => [...table.ready()])
        const trips = new Map<PeerId, number>()
        await Promise.all(
          peers.map(async ({ id, peer }) => {
            try {
              const { roundTrip } = await peer.ping({ signal })
              trips.set(id, roundTrip)
            } catch {
              // It ended, or did not answer: it has no round trip.
              signal.throwIfAborted()
            }
          }),
        )
        return trips
      }),
    setActive: (active) => calls.call('setActive', () => networkSwitch.setActive(active)),
    listening: () => listening.map(({ address }) => address),
    get active() {
      return networkSwitch.active
    },
  }
}

interface ReadyOptions {
  readonly events: NodeEventHub
  readonly signal: AbortSignal
  /** Whose connection to wait for where the record's peer turns out to be connected already. */
  readonly sameAs?: (record: ConnectionRecord) => ConnectionRecord | undefined
}

/** Resolves when the connection's version handshake is done. Called on the loop: no event is missed. */
function ready(
  record: ConnectionRecord,
  options: ReadyOptions,
): Promise<{ readonly peer: PeerId; readonly version: PeerVersion }> {
  const { events, signal, sameAs } = options
  if (record.version !== undefined) return Promise.resolve({ peer: record.id, version: record.version })
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = []
    const settle = (act: () => void): void => {
      for (const stop of stops) stop()
      removeAbortListener(signal, onAbort)
      act()
    }
    const onAbort = (): void => settle(() => reject(signal.reason as Error))
    addAbortListener(signal, onAbort)
    stops.push(
      events.on('peer-ready', ({ peer, version }) => {
        if (peer === record.id) settle(() => resolve({ peer, version }))
      }),
      events.on('connection-failed', ({ peer, error }) => {
        if (peer !== record.id) return
        const code = isNodeError(error) ? error.code : undefined
        const other = code === 'already-connected' ? sameAs?.(record) : undefined
        settle(() => {
          if (other !== undefined) resolve(ready(other, { events, signal }))
          else if (code === 'already-connected' || code === 'address-banned') reject(error)
          else reject(new NodeError('connection-failed', error.message, { cause: error }))
        })
      }),
      events.on('peer-disconnected', ({ peer, reason }) => {
        if (peer !== record.id) return
        const message = `The connection ended before it was ready: ${reason.code}`
        settle(() =>
          reject(new NodeError('connection-failed', message, { detail: reason.code, cause: reason })),
        )
      }),
    )
  })
}
