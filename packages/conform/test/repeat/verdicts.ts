import type { Report } from '../../src/index.ts'

/** What each case came to in all runs so far, so that one that is not always the same is found. */
export class Verdicts {
  /** By case and transport: how often each verdict and outcome came. */
  readonly #seen = new Map<string, Map<string, number>>()
  #runs = 0
  /** How each case looked when it last did not pass. */
  readonly #evidence = new Map<string, string>()

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
    for (const { name, transport, verdict, outcome, reason = '', wireLog = '' } of report.results) {
      const key = `${transport} ${name}`
      if (verdict !== 'passed') this.#evidence.set(key, `${reason}\n${wireLog}`)
      const outcomes = this.#seen.get(key) ?? new Map<string, number>()
      const what = outcome === '' ? verdict : `${verdict} (${outcome})`
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
      this.#seen.set(key, outcomes)
    }
  }

  /** Each case that did not come to the same in every run: a line, and what it looked like otherwise. */
  differing(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#seen]
        .filter(([, outcomes]) => outcomes.size > 1 || [...outcomes.values()][0] !== this.#runs)
        .map(([key, outcomes]) => {
          const counts = [...outcomes].map(([what, n]) => `${n} ${what}`).join(', ')
          return [key, [`${key}: ${counts}`, this.#evidence.get(key) ?? ''].join('\n').trimEnd()]
        }),
    )
  }
}
