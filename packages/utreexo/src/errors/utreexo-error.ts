/**
 * Which rule was broken.
 *
 * Of a proof:
 * - `target-count`: not as many targets as leaves to prove (`expected`, `received`).
 * - `leaf-count`: not as many leaves as inputs of the block that need a proof (`expected`, `received`).
 * - `target-out-of-range`: a target that is in none of the trees (`index`).
 * - `duplicate-target`: two targets at one place (`index`).
 * - `nested-target`: a target above another one (`index`).
 * - `empty-hash`: a leaf or a hash of the proof is all zeros (`index`), which stands for "nothing here".
 * - `hash-length`: a leaf or a hash of the proof that is not 32 bytes (`index`, `received`).
 * - `proof-too-short`: the walk needs more hashes than there are (`received`).
 * - `proof-too-long`: hashes are left over, or more than any walk from so few targets could need (`expected`,
 *   `received`).
 * - `root-mismatch`: the computed root is not the one we have (`index`: of the root, the largest tree first).
 * - `leaf-height`: a leaf from this block or a later one (`index`, `received`).
 * - `unknown-height`: our chain has no block at the height that a leaf names (`index`, `received`).
 * - `script-not-implied`: the input does not show what its leaf's script would be made of (`index`).
 *
 * Of a block:
 * - `input-not-yet-made`: it spends an output of a later transaction, or of the spending one (`transaction`,
 *   `input`).
 * - `missing-output`: it spends an output that its own transaction does not have (`transaction`, `input`).
 * - `unknown-output`: it spends an output that is not there, or was spent before (`transaction`, `input`).
 * - `double-spend`: it spends an output twice (`transaction`, `input`).
 * - `unspendable-leaf`: it spends one of the two coinbases that were overwritten before BIP30 (`transaction`,
 *   `input`).
 * - `amount-out-of-range`: an amount, or a sum of them, outside 0 to 21,000,000 bitcoin (`transaction`).
 * - `overspend`: a transaction pays more than it spends (`transaction`).
 * - `coinbase-overpays`: the coinbase takes more than the subsidy and the fees.
 * - `immature-coinbase`: it spends a coinbase less than 100 blocks old (`transaction`, `input`).
 * - `sequence-lock`: an input is not old enough for its sequence number (BIP68; `transaction`, `input`).
 * - `script`: the program's own script check refused it (`transaction`, `input`, `cause`).
 *
 * Of a call:
 * - `invalid-stump`: a number of leaves and roots that do not fit each other, or a text or bytes that hold
 *   none.
 * - `unknown-leaf`: the forest has no such leaf (`index`).
 * - `duplicate-leaf`: the forest has such a leaf already (`index`).
 * - `undo-mismatch`: the forest is not in the state that the undo record was made for.
 * - `script-check-is-async`: the program's own script check gave a promise, for which nothing here waits.
 */
export type UtreexoErrorCode =
  | 'target-count'
  | 'leaf-count'
  | 'target-out-of-range'
  | 'duplicate-target'
  | 'nested-target'
  | 'empty-hash'
  | 'hash-length'
  | 'proof-too-short'
  | 'proof-too-long'
  | 'root-mismatch'
  | 'leaf-height'
  | 'unknown-height'
  | 'script-not-implied'
  | 'input-not-yet-made'
  | 'missing-output'
  | 'unknown-output'
  | 'double-spend'
  | 'unspendable-leaf'
  | 'amount-out-of-range'
  | 'overspend'
  | 'coinbase-overpays'
  | 'immature-coinbase'
  | 'sequence-lock'
  | 'script'
  | 'invalid-stump'
  | 'unknown-leaf'
  | 'duplicate-leaf'
  | 'undo-mismatch'
  | 'script-check-is-async'

/**
 * Whose fault it is: of who sent the `proof` (another peer may have a good one, and the block stands), of the
 * `block` itself, or of the `caller` of a function.
 */
export type UtreexoFault = 'proof' | 'block' | 'caller'

/** The facts of a {@link UtreexoError}. */
export interface UtreexoErrorFacts {
  /** Which target, leaf, hash or root, counted from 0 in the order in which they were given. */
  readonly index?: number | undefined
  /** What had to come, or be given. */
  readonly expected?: number | bigint | undefined
  /** What came, or was given. */
  readonly received?: number | bigint | undefined
  /** Index of the transaction in its block. */
  readonly transaction?: number | undefined
  /** Index of the input in its transaction. */
  readonly input?: number | undefined
  /** What was thrown below. */
  readonly cause?: unknown
}

const BLOCK_RULES: ReadonlySet<UtreexoErrorCode> = new Set([
  'input-not-yet-made',
  'missing-output',
  'unknown-output',
  'double-spend',
  'unspendable-leaf',
  'amount-out-of-range',
  'overspend',
  'coinbase-overpays',
  'immature-coinbase',
  'sequence-lock',
  'script',
])
const CALLER_RULES: ReadonlySet<UtreexoErrorCode> = new Set([
  'invalid-stump',
  'unknown-leaf',
  'duplicate-leaf',
  'undo-mismatch',
  'script-check-is-async',
])

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/utreexo/UtreexoError')

/** The one error class of this package. Tell the cases apart by `code`. */
export class UtreexoError extends Error {
  override readonly name = 'UtreexoError'
  /** What went wrong. */
  readonly code: UtreexoErrorCode
  readonly fault: UtreexoFault
  readonly index: number | undefined
  /** What had to come, or be given. */
  readonly expected: number | bigint | undefined
  /** What came, or was given. */
  readonly received: number | bigint | undefined
  readonly transaction: number | undefined
  readonly input: number | undefined

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: UtreexoErrorCode, facts: UtreexoErrorFacts = {}) {
    super(describe(code, facts), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.fault = BLOCK_RULES.has(code) ? 'block' : CALLER_RULES.has(code) ? 'caller' : 'proof'
    this.index = facts.index
    this.expected = facts.expected
    this.received = facts.received
    this.transaction = facts.transaction
    this.input = facts.input
  }
}

/** Whether `error` is a {@link UtreexoError}, also one of another copy of this package. */
export function isUtreexoError(error: unknown): error is UtreexoError {
  return typeof error === 'object' && error !== null && BRAND in error
}

function describe(code: UtreexoErrorCode, facts: UtreexoErrorFacts): string {
  const told = Object.entries(facts).filter(([name, value]) => name !== 'cause' && value !== undefined)
  return told.length === 0
    ? code
    : `${code}: ${told.map(([name, value]) => `${name} ${String(value)}`).join(', ')}`
}
