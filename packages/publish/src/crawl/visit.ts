import type { PeerAddress } from '@sapwood/wire-codec'
import type { NodeFacts } from '../frontier/known-node.ts'

/** What came of one visit. */
export type Visit = VisitedNode | FailedVisit

/** It answered. */
export interface VisitedNode extends NodeFacts {
  readonly reached: true
  /** What it gave. */
  readonly addresses: readonly PeerAddress[]
  readonly milliseconds: number
}

/** It did not. */
export interface FailedVisit {
  readonly reached: false
  readonly failure: string
  readonly milliseconds: number
}
