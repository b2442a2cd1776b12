/**
 * What has been started, one upon the other: it is ended in the other order, each part whatever became of the
 * rest.
 */
export class StartedParts implements AsyncDisposable {
  readonly #ends: (() => unknown)[] = []

  use<Part extends AsyncDisposable>(part: Part): Part {
    this.#ends.push(() => part[Symbol.asyncDispose]())
    return part
  }

  defer(end: () => unknown): void {
    this.#ends.push(end)
  }

  /** @throws the first failure, when all have been ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    let failure: Error | undefined
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end()
      } catch (error) {
        failure ??= error instanceof Error ? error : new Error(String(error))
      }
    }
    if (failure !== undefined) throw failure
  }
}
