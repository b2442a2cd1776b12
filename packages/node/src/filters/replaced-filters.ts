/** Notes from which height on filter headers turned out to be others than those that were kept before. */
export class ReplacedFilters {
  #revision = 0
  /** By rising revision, and so by rising height: what is below a later one is part of it. */
  #noted: readonly { readonly revision: number; readonly height: number }[] = []

  /** To be given to `since` later. */
  get revision(): number {
    return this.#revision
  }

  note(height: number): void {
    this.#revision++
    const lower = this.#noted.filter((each) => each.height < height)
    this.#noted = [...lower, { revision: this.#revision, height }]
  }

  /** The lowest height that was replaced since then. */
  since(revision: number): number | undefined {
    return this.#noted.find((each) => each.revision > revision)?.height
  }
}
