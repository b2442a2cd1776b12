/** What came of a scenario. */
interface ScenarioResult {
  readonly name: string
  /** Whether everything that had to come about did. */
  readonly passed: boolean
  /** What was seen, by name; printed as it is. */
  readonly facts: Readonly<Record<string, string | number>>
  /** Events of the trace, and their digest: equal for equal seeds. */
  readonly events: number
  readonly digest: string
}

interface ScenarioOptions {
  readonly seed: number | string
  /** How many nodes of ours take part. */
  readonly nodes: number
}

/** A story that a simulated network plays out. */
export interface Scenario {
  readonly name: string
  /** What has to come about, in a sentence. */
  readonly claim: string
  run(options: ScenarioOptions): Promise<ScenarioResult>
}
