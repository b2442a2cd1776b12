import type { PeerAddress } from '@sapwood/wire-codec'

/** What a visit learnt of a node. */
export interface NodeFacts {
  /** What was spoken with it. */
  readonly transport: 'v1' | 'v2'
  /** Its service bits. */
  readonly services: bigint
  /** Its protocol version, such as 70016. */
  readonly version: number
  readonly userAgent: string
  readonly height: number
}

/** What the frontier knows of one address. */
export interface KnownNode extends Partial<NodeFacts> {
  readonly address: PeerAddress
  /** The round of the last visit that counted; 0 where there was none yet. */
  readonly round: number
  /** When that was, in milliseconds since 1970. */
  readonly lastTry?: number
  /** Whether it answered then. What is told of it besides is of the last time that it did. */
  readonly reached: boolean
  /** Rounds in a row, up to the last, in which it did not answer. */
  readonly failures: number
  /** Why it did not. */
  readonly failure?: string
  /** Which worker was there. */
  readonly worker?: string
}

/** What was learnt by one visit: that of a node which answered, or why it did not. */
export type VisitOutcome =
  | ({ readonly reached: true } & NodeFacts)
  | { readonly reached: false; readonly failure: string }

/** Who was there, and when. */
interface VisitStamp {
  readonly round: number
  readonly lastTry: number
  readonly worker: string
}

/** Characters of why a visit failed that are kept: a remote may have a say in them. */
const MAX_FAILURE = 300

/** An address of which nothing is known but itself. */
export function neverTried(address: PeerAddress): KnownNode {
  return { address, round: 0, reached: false, failures: 0 }
}

/** What is known after a visit, from what was known before. */
export function afterVisit(before: KnownNode, outcome: VisitOutcome, stamp: VisitStamp): KnownNode {
  const { address, transport, services, version, userAgent, height } = before
  if (outcome.reached) return { address, ...stamp, ...outcome, failures: 0 }
  return {
    address,
    ...stamp,
    ...(transport !== undefined && { transport }),
    ...(services !== undefined && { services }),
    ...(version !== undefined && { version }),
    ...(userAgent !== undefined && { userAgent }),
    ...(height !== undefined && { height }),
    reached: false,
    failures: before.failures + 1,
    failure: outcome.failure.slice(0, MAX_FAILURE),
  }
}
