/** What the page of the bench is told. */
export interface PageSettings {
  readonly relay: string
  readonly peer: string
  /** First height that is looked at. */
  readonly from: number
  /** Where the chain begins, where not at the genesis block; as bitcoind gives it. */
  readonly checkpoint?: { readonly height: number; readonly header: string; readonly chainWork: string }
}

/** What it offers, as `lightPage`. */
export interface LightPage {
  /** Milliseconds from the visit to the first header that was checked. */
  readonly firstHeader: number
  until(height: number): Promise<number>
  /** Looks through filters for so many scripts. */
  match(scripts: number, to: number): Promise<Timed>
  /** The SipHash of so many scripts, for so many filters: the least that matching them takes. */
  hash(scripts: number, filters: number): Timed
  stop(): Promise<void>
}

interface Timed {
  readonly seconds: number
  /** Depends on all of the work, so that none can be left out. */
  readonly found: number
}
