/** The two streams that a command writes to, and what is known of them. */
export interface Io {
  /** Results. */
  out(data: string | Uint8Array): void
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
  /** All of standard input. */
  readIn(): Promise<Uint8Array>
}
