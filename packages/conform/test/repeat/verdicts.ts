import type { Report } from '../../src/index.ts'

/** What each case came to in all runs so far, so that one that is not always the same is found. */
export class Verdicts {
  /** By case and transport: how often each verdict and outcome came. */
  readonly #seen = new Map<string, Map<string, number>>()
  #runs = 0

  get runs(): number {
    return this.#runs
  }

  /** Verdicts that were noted, over all runs. */
  get results(): number {
    let total = 0
    for (const outcomes of this.#seen.values()) for (const count of outcomes.values()) total += count
    return total
  }

  note(report: Report): void {
    this.#runs += 1
    for (const { name, transport, verdict, outcome } of report.results) {
      const key = `${transport} ${name}`
      const outcomes = this.#seen.get(key) ?? new Map<string, number>()
      const what = outcome === '' ? verdict : `${verdict} (${outcome})`
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
      this.#seen.set(key, outcomes)
    }
  }

  /** A line for each case that did not come to the same in every run. */
  differing(): readonly string[] {
    return [...this.#seen]
      .filter(([, outcomes]) => outcomes.size > 1 || [...outcomes.values()][0] !== this.#runs)
      .map(([key, outcomes]) => `${key}: ${[...outcomes].map(([what, n]) => `${n} ${what}`).join(', ')}`)
  }
}
