import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededNumbers } from './random.ts'

/** Inputs that each reached something first, in memory and in a folder. */
export class Corpus {
  readonly #folder: string
  readonly #entries: Uint8Array[] = []
  readonly #names = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  get size(): number {
    return this.#entries.length
  }

  /** What earlier runs left. */
  stored(): Uint8Array[] {
    return readdirSync(this.#folder)
      .sort()
      .map((name) => new Uint8Array(readFileSync(join(this.#folder, name))))
  }

  add(bytes: Uint8Array): void {
    const name = nameOf(bytes)
    if (this.#names.has(name)) return
    this.#names.add(name)
    this.#entries.push(bytes)
    writeFileSync(join(this.#folder, name), bytes)
  }

  /** One of the entries: half of the time one of the newest, which are the least tried. */
  pick(random: SeededNumbers): Uint8Array {
    const newest = Math.min(16, this.#entries.length)
    const from = random.below(2) === 0 ? this.#entries.length - newest : 0
    return this.#entries[from + random.below(this.#entries.length - from)] ?? new Uint8Array(0)
  }
}

/** A file name for an input: the same for the same bytes. */
export function nameOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
