import { BlockCoverage } from './block-coverage.ts'
import { Corpus } from './corpus.ts'
import { DEFAULT_MAX_LENGTH, type FuzzTarget } from './fuzz-target.ts'
import { minimise } from './minimise.ts'
import { Mutator } from './mutator.ts'
import { SeededNumbers } from './random.ts'

/** Inputs between two looks at the coverage: taking it costs more than a run of most targets. */
const BATCH = 200
/** Different errors after which a target has been looked at enough. */
export const MAX_FINDINGS = 20

/** An input that a target fails on. */
export interface Finding {
  readonly bytes: Uint8Array
  /** The error with its stack. */
  readonly error: string
}

/** What one target's turn came to. */
export interface FuzzResult {
  readonly executions: number
  readonly corpus: number
  readonly functions: number
  readonly findings: readonly Finding[]
}

export interface FuzzLoopOptions {
  readonly corpusFolder: string
  readonly seconds: number
  readonly seed: number
  /** Findings to stop at. */
  readonly maxFindings: number
  /** Scripts whose coverage guides. */
  readonly isWanted: (url: string) => boolean
  /** Told each input before it runs, for the watchdog. */
  readonly onInput: (bytes: Uint8Array) => void
}

/** Runs one target for some seconds. */
export async function fuzz(target: FuzzTarget, options: FuzzLoopOptions): Promise<FuzzResult> {
  const loop = new FuzzLoop(target, options)
  return loop.run(performance.now() + options.seconds * 1000)
}

class FuzzLoop {
  readonly #target: FuzzTarget
  readonly #maxFindings: number
  readonly #onInput: (bytes: Uint8Array) => void
  readonly #coverage: BlockCoverage
  readonly #corpus: Corpus
  readonly #random: SeededNumbers
  readonly #mutator: Mutator
  readonly #features = new Set<string>()
  readonly #findings = new Map<string, Finding>()
  #executions = 0

  constructor(target: FuzzTarget, { corpusFolder, seed, maxFindings, isWanted, onInput }: FuzzLoopOptions) {
    this.#target = target
    this.#maxFindings = maxFindings
    this.#onInput = onInput
    this.#coverage = new BlockCoverage(isWanted)
    this.#corpus = new Corpus(corpusFolder)
    this.#random = new SeededNumbers(seed)
    this.#mutator = new Mutator(this.#random, target.dictionary ?? [], target.maxLength ?? DEFAULT_MAX_LENGTH)
  }

  async run(deadline: number): Promise<FuzzResult> {
    this.#coverage.start()
    try {
      const known = [...this.#target.seeds, ...this.#corpus.stored()]
      for (const bytes of known.length === 0 ? [new Uint8Array(0)] : known) {
        this.#corpus.add(bytes)
        await this.#runOnce(bytes)
      }
      this.#coverage.takeNew()
      while (performance.now() < deadline && this.#findings.size < this.#maxFindings) await this.#runBatch()
    } finally {
      this.#coverage.stop()
    }
    return {
      executions: this.#executions,
      corpus: this.#corpus.size,
      functions: this.#coverage.functions,
      findings: [...this.#findings.values()],
    }
  }

  async #runBatch(): Promise<void> {
    const batch = Array.from({ length: BATCH }, () =>
      this.#mutator.mutate(this.#corpus.pick(this.#random), this.#corpus.pick(this.#random)),
    )
    await this.#find(batch)
  }

  /**
   * Runs inputs, and looks by halves for those that reached something new: each look at the coverage costs
   * many runs.
   */
  async #find(inputs: readonly Uint8Array[]): Promise<void> {
    for (const bytes of inputs) await this.#runOnce(bytes)
    if (inputs.length === 1) {
      if (this.#coverage.takeNew()) this.#corpus.add(inputs[0]!)
    } else if (this.#coverage.hasNew()) {
      const middle = inputs.length >>> 1
      await this.#find(inputs.slice(0, middle))
      await this.#find(inputs.slice(middle))
    }
  }

  async #runOnce(bytes: Uint8Array): Promise<void> {
    this.#executions++
    this.#onInput(bytes)
    let feature: string | undefined
    try {
      // Most targets are synchronous: no turn of the event loop for those.
      const answer = this.#target.run(bytes.slice())
      feature = answer instanceof Promise ? await answer : answer
    } catch (error) {
      await this.#record(bytes, error)
      return
    }
    if (feature !== undefined && !this.#features.has(feature)) {
      this.#features.add(feature)
      this.#corpus.add(bytes)
    }
  }

  async #record(bytes: Uint8Array, error: unknown): Promise<void> {
    const kind = kindOf(error)
    if (this.#findings.has(kind)) return
    this.#findings.set(kind, { bytes, error: textOf(error) })
    let last = error
    const smallest = await minimise(bytes, async (candidate) => {
      this.#onInput(candidate)
      try {
        await this.#target.run(candidate.slice())
        return false
      } catch (other) {
        if (kindOf(other) !== kind) return false
        last = other
        return true
      }
    })
    this.#findings.set(kind, { bytes: smallest, error: textOf(last) })
  }
}

/** Findings with the same kind of error from the same place are one. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))
  return `${error.name} ${place ?? error.message}`
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
