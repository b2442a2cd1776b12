import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { PeerAddress } from '@sapwood/wire-codec'
import type { KnownNode, NodeFacts } from './known-node.ts'

/**
 * Addresses that are remembered at most: what is gossiped beyond them is left alone. Ten times what is
 * gossiped on the public network.
 */
export const MAX_KNOWN_ADDRESSES = 1_000_000
/** Addresses of one host that are remembered at most: a flood of ports is no crowd of nodes. */
export const MAX_PORTS_OF_HOST = 16
/** Rounds in a row without an answer, the first ever among them, after which an address is forgotten. */
export const FORGOTTEN_AFTER = 5
/** Milliseconds that a worker has for one visit unless told otherwise; then the address goes to another. */
export const DEFAULT_CLAIM_DEADLINE = 120_000
/** Milliseconds between two visits of one host, unless told otherwise. */
export const DEFAULT_HOST_PAUSE = 1_000

/** What came of handing in a visit. */
export interface Settled {
  /** False where the deadline had passed, and the address was given to another: the visit is no visit. */
  readonly counted: boolean
  /** Addresses that it added. */
  readonly added: number
}

/** An address that one worker, and no other, may visit now. It is settled once, by one of three ways. */
export interface Claim {
  readonly address: PeerAddress
  /** The round that it is visited in. */
  readonly round: number
  /** By the worker's clock: the connection has to have ended by then, for another may open one. */
  readonly until: Instant
  /**
   * It answered. The addresses that it gave are taken up before the visit counts, so that none is lost with
   * a worker that dies between the two.
   */
  done(facts: NodeFacts, given: readonly PeerAddress[]): Promise<Settled>
  /** It did not answer. It is not tried again in this round. */
  failed(why: string): Promise<Settled>
  /** Nobody was there: another may take it at once. */
  release(): Promise<void>
}

/** How far a crawl is. */
export interface FrontierCounts {
  /** Which round it is, from 1 on. */
  readonly round: number
  /** When that began, in milliseconds since 1970. */
  readonly roundBegan: number
  /** Addresses that are remembered. */
  readonly known: number
  /** Those of them that wait for their visit in this round, and those that are being visited. */
  readonly open: number
}

/** How a new round is begun. */
export interface BeginRoundOptions {
  /**
   * Milliseconds that have to have passed since the last one began, by this worker's clock. One that began
   * further in its future than that is taken to be over: somebody's clock is wrong.
   */
  readonly after: number
}

/**
 * What is still to be visited, and what is known of everything else: the one thing that the workers of a
 * crawl share. Each address is handed out once a round, no host (whatever the port) to two at a time, and
 * none again before its pause is over; over all workers. An address that was claimed and not settled within
 * its deadline is handed out again. A round ends when every address has been settled; the next begins when
 * somebody says so.
 */
export interface Frontier extends AsyncDisposable {
  /** Addresses to be visited. @returns how many of them were new. */
  add(addresses: readonly PeerAddress[]): Promise<number>
  /**
   * The next addresses, as soon as there is at least one. @returns none when the round is over, and when the
   * signal aborts.
   */
  claim(most: number, signal: AbortSignal): Promise<readonly Claim[]>
  /**
   * Begins the next round, of all addresses but those that are forgotten. @returns false where the last is
   * not over, or has begun too short a time ago; whoever else asked for it at the same time has begun it.
   */
  beginRound(options: BeginRoundOptions): Promise<boolean>
  counts(): Promise<FrontierCounts>
  /** Everything that is known, also while it grows. */
  snapshot(): AsyncIterable<KnownNode>
  /** The worker leaves: what it has claimed and not settled goes to others at once. */
  close(): Promise<void>
}
