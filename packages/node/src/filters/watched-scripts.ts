import { bytesToHex, type PackedScripts, packScripts } from '@sapwood/wire-codec'

/** Scripts that filters are asked for, each once, however often it was added. */
export class WatchedScripts {
  readonly #scripts = new Map<string, Uint8Array>()
  #list: readonly Uint8Array[] | undefined
  #packed: PackedScripts | undefined

  get size(): number {
    return this.#scripts.size
  }

  /** All of them. */
  get list(): readonly Uint8Array[] {
    return (this.#list ??= [...this.#scripts.values()])
  }

  /** The same, for one filter after the other. */
  get packed(): PackedScripts {
    this.#packed ??= packScripts(this.list)
    return this.#packed
  }

  has(script: Uint8Array): boolean {
    return this.#scripts.has(bytesToHex(script))
  }

  add(scripts: readonly Uint8Array[]): void {
    for (const script of scripts) {
      const key = bytesToHex(script)
      if (!this.#scripts.has(key)) this.#scripts.set(key, script.slice())
    }
    this.#list = this.#packed = undefined
  }

  remove(scripts: readonly Uint8Array[]): void {
    for (const script of scripts) this.#scripts.delete(bytesToHex(script))
    this.#list = this.#packed = undefined
  }
}
