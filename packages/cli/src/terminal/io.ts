/** The two streams that a command writes to, and what is known of them. */
export interface Io {
  /** Results. */
  out(data: string | Uint8Array): void
  /** Resolves when results have been taken so far that more may be given: who gives many waits for it. */
  ready(): Promise<void>
  /** Progress, and what went wrong. */
  err(text: string): void
  /** Whether people read the results. */
  readonly isTerminal: boolean
  /** Whether people read the progress. */
  readonly errIsTerminal: boolean
  /** Columns of the terminal; 80 where it is none. */
  readonly columns: number
  /** Rows of the terminal; 24 where it is none. */
  readonly rows: number
  /** Standard input, from now on. */
  input(): AsyncIterable<Uint8Array>
}
