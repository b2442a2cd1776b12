/**
 * Why a call to the node failed.
 *
 * - `stopped`: the node is stopping or has stopped.
 * - `timeout`: nothing within `limit` milliseconds.
 * - `invalid-address`: the text is not an address that can be dialled.
 * - `invalid-argument`: the caller asked for what cannot be.
 * - `already-connected`: a connection to the address exists or is being made.
 * - `already-added`: the address is in the list of added peers.
 * - `not-added`: the address is not in the list of added peers.
 * - `unreachable-network`: no dialer reaches this kind of address.
 * - `network-inactive`: the network is switched off.
 * - `address-banned`: the address is under a ban.
 * - `slots-full`: as many connections of the kind exist as are allowed.
 * - `queue-full`: as many wait as may.
 * - `no-private-route`: neither Tor nor I2P leads to peers of the node's own choice; nothing was sent.
 * - `connection-failed`: the dial or the handshake failed; `cause` says how.
 * - `unknown-peer`: no connection has this id.
 * - `unknown-block`: no header of that hash is known.
 * - `block-unavailable`: no peer has the block.
 * - `invalid-header`: a header breaks a rule; `detail` is the rule, `received` its place among those given.
 * - `invalid-block`: the block breaks a rule that we check.
 * - `filters-off`: the node was made without the option `filters`.
 * - `no-filter-peer`: no peer that offers filters is connected and has the block.
 * - `filters-disputed`: peers disagree about the filter of block `received`, and the block does not show who
 *   is right.
 * - `filters-replaced`: filters that an earlier stream has passed, up to block `received`, turned out to be
 *   false meanwhile: look at the blocks anew, from where you need them.
 * - `utreexo-off`: the node was made without the option `utreexo`.
 * - `utreexo-refused`: the state of the accumulator that all began with, after block `received`, is no good:
 *   no peer's proof holds on it, or the block is not in the chain.
 * - `listen-failed`: a listener could not be started; `cause` says why.
 * - `store-locked`: the store is open already, in this process or in another.
 * - `store-corrupt`: what was persisted does not read back; `detail` names the entry.
 * - `store-full`: the disk, or what is allowed of it, has no room.
 * - `store-foreign`: the store is another network's or another program's, or is no folder that may be written
 *   to.
 * - `store-failed`: the store refused to read or to write for another reason; `cause` says why.
 */
export type NodeErrorCode =
  | 'stopped'
  | 'timeout'
  | 'invalid-address'
  | 'invalid-argument'
  | 'already-connected'
  | 'already-added'
  | 'not-added'
  | 'unreachable-network'
  | 'network-inactive'
  | 'address-banned'
  | 'slots-full'
  | 'queue-full'
  | 'no-private-route'
  | 'connection-failed'
  | 'unknown-peer'
  | 'unknown-block'
  | 'block-unavailable'
  | 'invalid-header'
  | 'invalid-block'
  | 'filters-off'
  | 'no-filter-peer'
  | 'filters-disputed'
  | 'filters-replaced'
  | 'utreexo-off'
  | 'utreexo-refused'
  | 'listen-failed'
  | 'store-locked'
  | 'store-corrupt'
  | 'store-full'
  | 'store-foreign'
  | 'store-failed'

/** What is known about a failure. A fact that does not apply is absent. */
export interface NodeErrorFacts {
  /** What was allowed. */
  readonly limit?: number
  /** What came, or was given. */
  readonly received?: string | number
  /** What had to come, or be given. */
  readonly expected?: string | number
  /** More of it, in words. */
  readonly detail?: string
  /** What was thrown below. */
  readonly cause?: unknown
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/node/NodeError')

/** The only error class of this package; what went wrong is in `code`, the facts in fields. */
export class NodeError extends Error {
  override readonly name = 'NodeError'
  /** What went wrong. */
  readonly code: NodeErrorCode
  /** What was allowed. */
  declare readonly limit?: number
  /** What came, or was given. */
  declare readonly received?: string | number
  /** What had to come, or be given. */
  declare readonly expected?: string | number
  /** More of it, in words. */
  declare readonly detail?: string

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: NodeErrorCode, message: string, facts: NodeErrorFacts = {}) {
    const { cause, ...fields } = facts
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, fields)
  }
}

/**
 * Whether a value is a `NodeError`, also one of another copy of this package.
 * @example
 * isNodeError(new NodeError('timeout', 'too late')) // true
 */
export function isNodeError(error: unknown): error is NodeError {
  return typeof error === 'object' && error !== null && BRAND in error
}
