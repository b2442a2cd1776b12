import type { RegtestChain } from '../../../src/index.ts'
import type { Protocol, RawPeer, RawPeerOptions } from './raw-peer.ts'

/**
 * Hostile peers where memory is the target: all inbound places of a node (Core: 125
 * connections, 11 of them outbound).
 */
export const ALL_PLACES = 114
/** Hostile peers where time or progress is the target. */
export const A_FEW = 10
/** Places of the connections that a node makes itself (Core's outbound full relays). */
export const OUTBOUND_PLACES = 8

/** What may at most happen while an attack runs. */
export interface Limits {
  /** Growth of the node's resident memory, for each hostile peer, in bytes. */
  readonly bytesPerPeer: number
  /** Growth of the node's resident memory in all, in bytes. */
  readonly bytes: number
  /** Milliseconds of an honest peer's pings. */
  readonly medianPing: number
  readonly worstPing: number
  /** Time that an honest download takes, in times of what it takes alone. */
  readonly slowdown: number
}

/** What an attack finds: the node, and how strong it is to be. */
export interface Field {
  readonly port: number
  /** Hostile peers. */
  readonly peers: number
  /** The chain that the node has, and some blocks more that nobody has shown it. */
  readonly chain: RegtestChain
  /** Height of the node. */
  readonly height: number
  /** Fires when the attack is to end. */
  readonly signal: AbortSignal
  /**
   * A count of messages at this strength, at least 1: the count itself at full strength, less in the tests.
   */
  scaled(count: number): number
  /** The protocol of a hostile peer where both are to be tried. */
  protocolOf(index: number): Protocol
  /** Options of hostile peer `index`: the port, and a source address of its own. */
  place(index: number): RawPeerOptions
  /** A connection with its handshakes done; tried again while the node refuses, until the attack ends. */
  join(index: number, options?: Partial<RawPeerOptions>): Promise<RawPeer | undefined>
  /** Has the node dial hostile peer `index`, and takes each of its connections whose handshakes are done. */
  listen(index: number, take: (peer: RawPeer) => Promise<void>): Promise<void>
  /** Resolves after some milliseconds, or when the attack ends. */
  pause(milliseconds: number): Promise<void>
  /** Does it for each hostile peer at once. */
  each(attack: (index: number) => Promise<void>): Promise<void>
}

/** What is special about the node that is attacked. */
export interface TargetTraits {
  /** A program asked for its events and for all transactions, and reads neither. */
  readonly unreadEvents?: boolean
  /** Each block that it serves has 4 MB, read anew each time. */
  readonly largeBlocks?: boolean
}

/**
 * One way to hurt a node. A file of this folder's neighbour `attacks` is one:
 * it is found there by being there.
 */
export interface Attack {
  /** In a few words: what hostile peers do. */
  readonly what: string
  /** Hostile peers at full strength. */
  readonly peers: number
  /** The node dials them: there are no more, and no fewer. */
  readonly areDialled?: boolean
  /** How long it goes on before it is judged by the download, in milliseconds. Default: 3,000. */
  readonly milliseconds?: number
  readonly node?: TargetTraits
  /** What may at most happen, where it is another limit than for all (see `judge.ts`). */
  readonly atMost?: Partial<Limits>
  /** Makes connections and bytes ready. @returns what strikes; it goes on until the field's signal fires. */
  prepare(field: Field): Promise<() => Promise<void>>
}

/** With how many hostile peers an attack is tried: a few for what it costs in time, all places for memory. */
export function strengthsOf({ peers, areDialled = false }: Attack): readonly number[] {
  return areDialled ? [peers] : [A_FEW, Math.max(ALL_PLACES, peers)]
}
