import type { ConnectionFaults, LinkFaults, Strike } from '../../src/index.ts'

/** How a connection goes wrong. */
export type Fault =
  /** Both ends see a reset. */
  | 'reset'
  /** Both ends see an end, as from a remote that closes. */
  | 'fin'
  /** The node sees an end; what it sends still gets through, and nothing of the other side does. */
  | 'half-close'
  /** Both stay connected, and nothing gets through any more. */
  | 'silence'

/** What is to become of one connection. */
export interface Fate {
  readonly fault: Fault
  /** Bytes that the dialled side may have sent by then. */
  readonly afterBytes: number
  /** Counted on what the dialler sends instead. */
  readonly countsDialler: boolean
}

/** On which side of a relay the node is. */
export type NodeSide = 'dials' | 'is dialled'

/** What a relay does for a fault. */
export function strikeOf(fault: Fault, node: NodeSide): Strike {
  switch (fault) {
    case 'reset':
      return 'reset'
    case 'fin':
      return 'end'
    case 'half-close':
      return node === 'dials' ? 'end-to-dialler' : 'end-to-target'
    case 'silence':
      return 'stall'
  }
}

/** What is wrong with a connection of a fate. @param latency milliseconds, each way. */
export function faultsOf(
  { fault, afterBytes, countsDialler }: Fate,
  node: NodeSide,
  latency: number,
): ConnectionFaults {
  const counted: LinkFaults = { latency, strikeAfter: { bytes: afterBytes, how: strikeOf(fault, node) } }
  return countsDialler
    ? { toTarget: counted, toDialler: { latency } }
    : { toTarget: { latency }, toDialler: counted }
}
