import type { Draw } from './draw.ts'

/** Two ways to compute the same, to be held against each other. */
export interface Differential {
  /** For people: what, by what, and beside what. */
  readonly name: string
  /** Compares some thousands of inputs at the most. @returns how many. @throws where two differ. */
  readonly compare: (draw: Draw) => number
}

/** @throws Error that names `what` where two results differ. */
export function same(one: Uint8Array | undefined, other: Uint8Array | undefined, what: () => string): void {
  const isSame = one === undefined || other === undefined ? one === other : Buffer.compare(one, other) === 0
  if (!isSame) throw new Error(`${what()}: ${hex(one)} and ${hex(other)}`)
}

const hex = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? 'nothing' : Buffer.from(bytes).toString('hex').slice(0, 200)
