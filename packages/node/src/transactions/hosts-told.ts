/** Hosts remembered of each kind, for one transaction. */
const MAX_HOSTS = 1_000

/** Who was told of a transaction, by the host: it is the same on its next connection, whoever began that. */
export class HostsTold {
  readonly #chosen = new Set<string>()
  readonly #strangers = new Set<string>()

  add(host: string, { outbound }: { readonly outbound: boolean }): void {
    if (this.#chosen.has(host) || this.#strangers.has(host)) return
    if (!outbound) {
      if (this.#strangers.size < MAX_HOSTS) this.#strangers.add(host)
      return
    }
    this.#chosen.add(host)
    for (const oldest of this.#chosen) {
      if (this.#chosen.size <= MAX_HOSTS) break
      this.#chosen.delete(oldest)
    }
  }

  /** Whether it was told, or is a stranger and so many were that nobody knows any more. */
  mayHave(host: string, { outbound }: { readonly outbound: boolean }): boolean {
    if (this.#chosen.has(host) || this.#strangers.has(host)) return true
    return !outbound && this.#strangers.size >= MAX_HOSTS
  }
}
