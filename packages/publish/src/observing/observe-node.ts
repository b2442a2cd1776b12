import type { NodeEventOf, NodeHandle, StopListening } from '@sapwood/node'
import type { ConnectionKind, DisconnectReason, PeerEventSource, PeerId } from '@sapwood/peer'
import { guardedLogger, type Logger, SECOND, tell } from '@sapwood/transport-v1v2/environment'
import { type AnyMessage, formatPeerAddress } from '@sapwood/wire-codec'
import { observedFields } from './message-field.ts'
import { inNanoseconds } from '../time/in-nanoseconds.ts'
import { encodeFields, type Field, nested, text, uint } from './protobuf-fields.ts'

/** The subjects of peer-observer that its tools listen to. */
export type ObservedSubject = 'netmsg' | 'netconn' | 'p2p-extractor'

/** What observing works with. */
export interface ObserveComponents {
  /** Is given each event: protobuf, peer-observer's `Event`. What it throws is logged. */
  readonly send: (subject: ObservedSubject, event: Uint8Array) => void
  readonly logger?: Logger
}

/** The parts of a node that are observed. */
export type ObservedNode = Pick<NodeHandle, 'events' | 'network' | 'peers'>

/** peer-observer's `ConnType`; kinds that it has no number for are unknown. */
const CONNECTION_TYPE: Partial<Record<ConnectionKind, number>> = {
  inbound: 1,
  'outbound-full-relay': 2,
  'block-relay-only': 3,
  feeler: 4,
}
/** Core's `Network`. */
const NETWORK: Readonly<Record<string, number>> = { ipv4: 1, ipv6: 2, torv3: 3, i2p: 4, cjdns: 5 }

/** A connection, as the events of peer-observer name it. */
interface Observed {
  readonly connection: readonly Field[]
  readonly address: string
  readonly type: number
  /** Seconds since 1970. */
  readonly since: number
}

/**
 * Tells what a node and its peers say to each other, in the events of peer-observer
 * (https://github.com/peer-observer/peer-observer): connections, their ends, and misbehaviour; every message
 * with its size in both directions; round trips of pings, addresses, inventories and fee filters as its P2P
 * extractor tells of them. Over v1 and v2 alike.
 */
export function observeNode(node: ObservedNode, { send, logger }: ObserveComponents): StopListening {
  const log = guardedLogger(logger)
  const peers = new Map<PeerId, Observed>()
  const onFailure = (error: unknown): void => log.error({ err: error }, 'an observed event could not be sent')
  const emit = (subject: ObservedSubject, at: number, event: Field): void =>
    tell(onFailure, () => send(subject, encodeFields(event, uint(10, at))))

  const connected = ({ at, peer, kind, address }: NodeEventOf<'peer-connected'>): void => {
    const where = address === undefined ? '' : formatPeerAddress(address)
    const type = CONNECTION_TYPE[kind] ?? 0
    const network = address === undefined ? 0 : (NETWORK[address.network] ?? 0)
    const connection = [uint(1, peer), text(2, where), uint(3, type), uint(4, network)]
    peers.set(peer, { connection, address: where, type, since: Math.floor(at / SECOND) })
    const others = peers.size - 1
    emit(
      'netconn',
      at,
      ofConnection(nested(kind === 'inbound' ? 3 : 4, nested(1, ...connection), uint(2, others))),
    )
    listen(node.network.peerEvents(peer), peer)
  }

  const misbehaved = (peer: PeerId, at: number, { code }: DisconnectReason): void =>
    emit('netconn', at, ofConnection(nested(5, uint(1, peer), text(2, code))))

  const listen = (events: PeerEventSource<AnyMessage>, peer: PeerId): void => {
    const { address, type } = peers.get(peer)!
    let lastAt = 0
    events.on('trace', ({ at, direction, command, payload }) => {
      const isReceived = direction === 'received'
      const meta = nested(
        1,
        uint(1, peer),
        text(2, address),
        uint(3, type),
        text(4, command),
        uint(5, isReceived ? 1 : 0),
        uint(6, payload.length),
      )
      const { message, announcement } = observedFields(command, payload)
      emit('netmsg', at, nested(1, nested(1, meta, message)))
      if (isReceived && announcement !== undefined) emit('p2p-extractor', at, nested(3, announcement))
      lastAt = at
    })
    // What it is told of has been traced in the same turn.
    events.on('ping', ({ roundTrip }) =>
      emit('p2p-extractor', lastAt, nested(3, nested(1, uint(1, inNanoseconds(roundTrip))))),
    )
    // Whom we have dialled ourselves we bear with: no end of the connection tells of it.
    events.on('misbehaved', ({ reason }) => misbehaved(peer, lastAt, reason))
  }

  const stops = [
    node.events.on('peer-connected', connected),
    node.events.on('peer-disconnected', ({ at, peer, reason }) => {
      const known = peers.get(peer)
      if (known === undefined) return
      peers.delete(peer)
      if (reason.blame !== 'none') misbehaved(peer, at, reason)
      emit('netconn', at, ofConnection(nested(1, nested(1, ...known.connection), uint(2, known.since))))
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** An event of connections: of what peer-observer's eBPF extractor tells. */
function ofConnection(event: Field): Field {
  return nested(1, nested(2, event))
}
