/** An accumulator as a program tells of it. */
export interface ToldState {
  readonly height: number
  /** Hex, the largest tree first, emptied ones as zeros. */
  readonly roots: readonly string[]
}
