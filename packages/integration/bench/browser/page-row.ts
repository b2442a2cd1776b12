/** Seconds of one, by our WebAssembly and by noble. */
export interface PageRow {
  readonly name: string
  readonly ours: number
  readonly noble: number
}

/** What the page offers, as `backendsBench`. @param blocks in base64, by what they are called. */
export type PageBench = (blocks: Readonly<Record<string, string>>) => readonly PageRow[]
