import { type InventoryVector, MAX_GETDATA_SIZE } from '@sapwood/wire-codec'
import { hashKey } from './hash-key.ts'
import type { RequestOutput } from './request-output.ts'

/** One request's claim on one thing. */
export interface Want {
  /** How `getdata` asks for it. */
  readonly entry: InventoryVector
}

/**
 * What `getdata` has asked for and what has not come, by hash: asked for once, however many requests want it.
 */
export class InFlight<W extends Want> {
  readonly #output: RequestOutput
  readonly #reply: 'block' | 'transaction'
  readonly #byHash = new Map<string, W[]>()

  constructor(output: RequestOutput, reply: 'block' | 'transaction') {
    this.#output = output
    this.#reply = reply
  }

  /** Distinct things wanted. */
  get size(): number {
    return this.#byHash.size
  }

  /** The first claim on each thing wanted. */
  firsts(): W[] {
    return [...this.#byHash.values()].map((wants) => wants[0]!)
  }

  /** The claims on `hash`; undefined where there are none. */
  of(hash: Uint8Array): readonly W[] | undefined {
    return this.#byHash.get(hashKey(hash))
  }

  /** Registers claims, and asks for what has not been asked for, in messages of at most 1,000 entries. */
  ask(wants: Iterable<W>): void {
    const inventory: InventoryVector[] = []
    for (const want of wants) if (this.#add(want)) inventory.push(want.entry)
    for (let start = 0; start < inventory.length; start += MAX_GETDATA_SIZE) {
      this.#output.send({ type: 'getdata', inventory: inventory.slice(start, start + MAX_GETDATA_SIZE) })
    }
  }

  /** Takes the claims on what has come, or will not come. */
  take(hash: Uint8Array): readonly W[] {
    const key = hashKey(hash)
    const wants = this.#byHash.get(key)
    if (wants === undefined) return []
    this.#byHash.delete(key)
    return wants
  }

  /**
   * Withdraws claims, where they have not been taken. What nobody wants any more is expected, and dropped
   * when it comes.
   */
  withdraw(wants: Iterable<W>): void {
    for (const want of wants) this.#remove(want)
  }

  /** @returns whether the remote has to be asked: false when another request has done so. */
  #add(want: W): boolean {
    const key = hashKey(want.entry.hash)
    const others = this.#byHash.get(key)
    if (others === undefined) this.#byHash.set(key, [want])
    else others.push(want)
    return others === undefined
  }

  #remove(want: W): void {
    const { hash } = want.entry
    const key = hashKey(hash)
    const wants = this.#byHash.get(key)
    if (wants?.includes(want) !== true) return
    const left = wants.filter((other) => other !== want)
    if (left.length > 0) this.#byHash.set(key, left)
    else {
      this.#byHash.delete(key)
      this.#output.expectations.add(this.#reply, hash, 'abandoned')
    }
  }
}
