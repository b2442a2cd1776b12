import type { NodeInfo } from '@sapwood/node'
import type { PeerInfo } from '@sapwood/peer'

/** What peers can be sorted by, in the order in which the key goes through them. */
export const SORTS = ['id', 'ping', 'received', 'age'] as const

/** One of {@link SORTS}. */
export type Sort = (typeof SORTS)[number]

/** All that is on the screen. */
export interface ViewState {
  readonly info: NodeInfo
  readonly peers: readonly PeerInfo[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Bytes a second. */
  readonly received: number
  readonly sent: number
  /** Height up to which blocks are kept. */
  readonly stored: number | undefined
  readonly sort: Sort
  /** Which row of the table. */
  readonly selected: number
  /** The newest last. */
  readonly events: readonly string[]
  /** An address that is being typed. */
  readonly typing?: string
}

/** The peers in the order of the table. */
export function sortedPeers({ peers, sort }: Pick<ViewState, 'peers' | 'sort'>): readonly PeerInfo[] {
  const by: Readonly<Record<Sort, (peer: PeerInfo) => number>> = {
    id: ({ id }) => id,
    ping: ({ minimumPing }) => minimumPing ?? Infinity,
    received: ({ bytesReceived }) => -bytesReceived,
    age: ({ connectedAt }) => connectedAt,
  }
  return [...peers].sort((a, b) => by[sort](a) - by[sort](b) || a.id - b.id)
}
