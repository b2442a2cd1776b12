/** An output that an input of a block spends, with all that the accumulator vouches for. */
export interface SpentOutput {
  /** Satoshi. */
  readonly amount: bigint
  readonly scriptPubKey: Uint8Array
  /** Height of the block that made it. */
  readonly height: number
  readonly coinbase: boolean
}

/**
 * The spent output of every input of a block: for each transaction but the coinbase, whose list is empty,
 * one for each input.
 */
export type SpentOutputs = readonly (readonly SpentOutput[])[]
