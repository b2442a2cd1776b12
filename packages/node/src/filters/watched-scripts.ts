import { bytesToHex } from '@sapwood/wire-codec'

/** Scripts that filters are asked for, each once, however often it was added. */
export class WatchedScripts {
  readonly #scripts = new Map<string, Uint8Array>()
  #list: readonly Uint8Array[] | undefined

  get size(): number {
    return this.#scripts.size
  }

  /** All of them, for one pass of a filter. */
  get list(): readonly Uint8Array[] {
    this.#list ??= [...this.#scripts.values()]
    return this.#list
  }

  has(script: Uint8Array): boolean {
    return this.#scripts.has(bytesToHex(script))
  }

  add(scripts: readonly Uint8Array[]): void {
    for (const script of scripts) {
      const key = bytesToHex(script)
      if (!this.#scripts.has(key)) this.#scripts.set(key, script.slice())
    }
    this.#list = undefined
  }

  remove(scripts: readonly Uint8Array[]): void {
    for (const script of scripts) this.#scripts.delete(bytesToHex(script))
    this.#list = undefined
  }
}
