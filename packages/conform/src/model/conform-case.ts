import type { Ability } from '../driver/driver.ts'
import type { DiallingStage, ListeningStage } from './stage.ts'
import type { Transport } from './transport.ts'

/**
 * What a case rests on: `must` and `should` on the words of a BIP or of the protocol's documentation, or on
 * that nothing is to fall over; `core` on what Bitcoin Core does where no text decides, `info` on neither: it
 * tells, and cannot fail.
 */
export type Level = 'must' | 'should' | 'core' | 'info'

/** Where a rule stands, and what it says there. */
export interface Source {
  /** `BIP152, "getblocktxn"`, `Core net_processing.cpp, ProcessMessage "inv"`, … */
  readonly place: string
  /** The rule in a sentence of our own. */
  readonly says: string
}

/** What a target has to offer for a case to say anything about it; it is a counted skip otherwise. */
export type Need =
  /** It has taken the suite's chain, so that blocks can be asked for and coins be spent. */
  | 'chain'
  /** It has blocks to give: `NODE_NETWORK`. */
  | 'network'
  /** It gives the last 288 blocks: `NODE_NETWORK_LIMITED`. */
  | 'network-limited'
  /** It gives those alone: without `NODE_NETWORK`. */
  | 'no-network'
  /** It knows BIP152, and says `sendcmpct`. */
  | 'compact-blocks'
  /** It knows BIP339, and says `wtxidrelay`. */
  | 'wtxid-relay'
  | 'bloom'
  | 'no-bloom'
  | 'compact-filters'
  | 'no-compact-filters'
  | 'reconciliation'
  | 'no-reconciliation'
  /** It speaks version 70,017, which BIP434 came with. */
  | 'features'
  /** There is a driver that can do this. */
  | Ability

interface CaseFacts {
  /** Words that never move: `bip324/handshake/garbage-4095-accepted`. */
  readonly name: string
  readonly level: Level
  readonly source: Source
  /** The version of the suite since which it is there. */
  readonly since: string
  /** Default: both. */
  readonly transports?: readonly Transport[]
  readonly needs?: readonly Need[]
  /** The outcomes that are right. None: no text decides, and every outcome is accepted as unspecified. */
  readonly accepts: readonly string[]
}

/** A case for software that listens. @returns the outcome that was seen. */
export interface ListeningCase extends CaseFacts {
  readonly side: 'listens'
  readonly run: (stage: ListeningStage) => Promise<string>
}

/** A case for software that dials. @returns the outcome that was seen. */
export interface DiallingCase extends CaseFacts {
  readonly side: 'dials'
  readonly run: (stage: DiallingStage) => Promise<string>
}

/** One case of the suite: what is done to the node, and what has to come of it. */
export type ConformCase = ListeningCase | DiallingCase
