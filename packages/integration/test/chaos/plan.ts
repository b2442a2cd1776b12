import type { Fate, Fault } from './fates.ts'
import type { StoreMode } from './faulty-store.ts'
import { SeededNumbers } from './seeded-numbers.ts'

/** One thing that happens to a node. */
export type Mishap =
  | { readonly what: 'strike'; readonly path: PathName; readonly fault: Fault }
  | { readonly what: 'knock'; readonly fault: Fault; readonly bytes: number; readonly times: number }
  | { readonly what: 'dial-in' }
  | { readonly what: 'clock'; readonly offset: number }
  | { readonly what: 'store'; readonly mode: StoreMode }
  | { readonly what: 'bitcoind'; readonly how: 'restart' | 'kill' | 'freeze' }
  | { readonly what: 'stall'; readonly milliseconds: number }
  | { readonly what: 'mine'; readonly blocks: number }
  | { readonly what: 'reorg'; readonly depth: number }

/** Ways between the node and bitcoind: two that the node dials, one that bitcoind dials. */
export type PathName = 'first' | 'second' | 'inbound'
const PATHS: readonly PathName[] = ['first', 'second', 'inbound']

export interface PlannedMishap {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly mishap: Mishap
}

/** Everything that a seed decides. */
export interface Plan {
  readonly seed: number
  readonly v1: boolean
  readonly latency: number
  /** What becomes of the first connections of each way. */
  readonly fates: Readonly<Record<PathName, readonly Fate[]>>
  readonly mishaps: readonly PlannedMishap[]
  /** When it has happened, in milliseconds since the beginning. */
  readonly end: number
}

const FAULTS: readonly Fault[] = ['reset', 'fin', 'half-close', 'silence']
/**
 * Bytes after which a connection goes wrong: none, in the keys of BIP324 (64) and the garbage behind them, in
 * the header (24) and the `version` of v1, between the handshake and the first headers, in headers, in a
 * block.
 */
const CUTS = [0, 1, 20, 24, 63, 64, 80, 150, 240, 400, 700, 1_500, 4_000, 20_000, 80_000]
const HOUR = 3_600_000
const CLOCK_STEPS = [5_000, -5_000, 90_000, -90_000, HOUR, -HOUR, 7 * 24 * HOUR, -7 * 24 * HOUR]
/** Milliseconds between two mishaps, at most. */
const LONGEST_PAUSE = 700
const MISHAPS = 9
/** Times that one seed ends bitcoind: each costs a second or more. */
const MOST_RESTARTS = 1

/** What a seed has in store. */
export function makePlan(seed: number): Plan {
  const numbers = new SeededNumbers(`chaos ${seed}`)
  const fates = (count: number): Fate[] =>
    Array.from({ length: numbers.below(count + 1) }, () => ({
      fault: numbers.pick(FAULTS),
      afterBytes: numbers.pick(CUTS),
      countsDialler: numbers.below(2) === 0,
    }))
  const mishaps: PlannedMishap[] = []
  let at = 0
  let restarts = 0
  for (let i = 0; i < MISHAPS; i++) {
    at += numbers.below(LONGEST_PAUSE)
    let mishap = makeMishap(numbers)
    if (mishap.what === 'bitcoind' && mishap.how !== 'freeze' && restarts++ >= MOST_RESTARTS)
      mishap = { what: 'bitcoind', how: 'freeze' }
    mishaps.push({ at, mishap })
  }
  return {
    seed,
    v1: numbers.below(3) === 0,
    latency: numbers.pick([0, 0, 1, 20]),
    fates: { first: fates(3), second: fates(3), inbound: fates(2) },
    mishaps,
    end: at + 500,
  }
}

function makeMishap(numbers: SeededNumbers): Mishap {
  switch (numbers.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { what: 'strike', path: numbers.pick(PATHS), fault: numbers.pick(FAULTS) }
    case 4:
    case 5: {
      const [fault, bytes] = [numbers.pick(FAULTS), numbers.pick(CUTS)]
      return { what: 'knock', fault, bytes, times: 1 + numbers.below(20) }
    }
    case 6:
      return { what: 'dial-in' }
    case 7:
    case 8:
      return { what: 'clock', offset: numbers.pick(CLOCK_STEPS) }
    case 9:
      return { what: 'store', mode: numbers.pick(['failing', 'full', 'slow'] as const) }
    case 10:
      return { what: 'bitcoind', how: numbers.pick(['restart', 'kill', 'freeze', 'freeze'] as const) }
    case 11:
      return { what: 'stall', milliseconds: 100 + numbers.below(1_400) }
    case 12:
      return { what: 'mine', blocks: 1 + numbers.below(40) }
    default:
      return { what: 'reorg', depth: 1 + numbers.below(4) }
  }
}

/** A plan in lines that people read. */
export function planText({ seed, v1, latency, fates, mishaps }: Plan): string {
  const lines = [`seed ${seed}: ${v1 ? 'v1' : 'v2'}, ${latency} ms each way`]
  for (const path of PATHS) {
    for (const { fault, afterBytes, countsDialler } of fates[path])
      lines.push(
        `  a connection of the ${path} way: ${fault} after ${afterBytes} bytes of ${countsDialler ? 'its dialler' : 'who was dialled'}`,
      )
  }
  for (const { at, mishap } of mishaps) lines.push(`  ${String(at).padStart(5)} ms  ${mishapText(mishap)}`)
  return lines.join('\n')
}

function mishapText(mishap: Mishap): string {
  return Object.values(mishap).join(' ')
}
