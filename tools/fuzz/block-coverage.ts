import { type Profiler, Session } from 'node:inspector'

/** Which blocks of code have ever run, by script and function. */
export class BlockCoverage {
  readonly #session = new Session()
  readonly #isWanted: (url: string) => boolean
  /** For each function, one byte for each character of its source: 1 once the block it is in has run. */
  readonly #functions = new Map<string, Uint8Array>()

  /** @param isWanted Which scripts count. */
  constructor(isWanted: (url: string) => boolean) {
    this.#isWanted = isWanted
  }

  start(): void {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  stop(): void {
    this.#session.disconnect()
  }

  /** How many functions have run. */
  get functions(): number {
    return this.#functions.size
  }

  /** Whether code has run since the last call of this or of {@link takeNew} that had never been taken. */
  hasNew(): boolean {
    return this.#take(false)
  }

  /** As {@link hasNew}; what has run counts as taken from then on. */
  takeNew(): boolean {
    return this.#take(true)
  }

  #take(keep: boolean): boolean {
    const { result } = this.#post(
      'Profiler.takePreciseCoverage',
    ) as unknown as Profiler.TakePreciseCoverageReturnType
    let isNew = false
    for (const script of result) {
      if (!this.#isWanted(script.url)) continue
      for (const { ranges } of script.functions) {
        if (ranges[0]!.count > 0 && this.#isNew(script.scriptId, ranges, keep)) isNew = true
      }
    }
    return isNew
  }

  /** Ranges come from the outer to the inner; what an inner one does not say, the one around it does. */
  #isNew(scriptId: string, ranges: readonly Profiler.CoverageRange[], keep: boolean): boolean {
    const { startOffset: start, endOffset: end } = ranges[0]!
    const ran = new Uint8Array(end - start)
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start)
    }
    const key = `${scriptId}:${start}-${end}`
    const seen = this.#functions.get(key)
    if (seen === undefined) {
      if (keep) this.#functions.set(key, ran)
      return true
    }
    let isNew = false
    for (let i = 0; i < ran.length; i++) {
      if (ran[i] === 0 || seen[i] === 1) continue
      isNew = true
      if (!keep) break
      seen[i] = 1
    }
    return isNew
  }

  /** The inspector of one's own thread answers before `post` returns. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`${method}: ${error.message}`)
      answer = result
    })
    return answer
  }
}
