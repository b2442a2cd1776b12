/** A whole terminal, for as long as something is drawn on it. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  /** Shows these lines and nothing else; each is cut at the width. Their first may be marked as `inverse`. */
  draw(lines: readonly ScreenLine[]): void
  /** Keys as the terminal sends them, one at a time. */
  onKey(listener: (key: string) => void): void
  /** The terminal has another size now. */
  onResize(listener: () => void): void
  /** Gives the terminal back as it was. */
  close(): void
}

/** A line, and how it stands out. */
export interface ScreenLine {
  readonly text: string
  readonly style?: 'inverse' | 'bold' | 'dim'
}
