import { bitsToTarget, workOfTarget } from '@sapwood/wire-codec'

/** A target in the forms that checks need. */
export interface Target {
  readonly value: bigint
  /** 32 bytes, lowest first: the order of a hash on the wire. */
  readonly bytes: Uint8Array
  /** Expected number of hashes: 2^256 / (target + 1). */
  readonly work: bigint
  /** `work` as four 32-bit limbs, lowest first. */
  readonly workLimbs: Uint32Array
}

/**
 * Difficulty changes every 2,016 blocks, so a few entries serve a whole sync;
 * testnets go back and forth between two.
 */
const MAX_ENTRIES = 1024
const cache = new Map<number, Target | undefined>()
let lastBits = -1
let lastTarget: Target | undefined

/** The target that `bits` stands for; `undefined` where it is zero, negative or over 256 bits. */
export function targetOf(bits: number): Target | undefined {
  if (bits === lastBits) return lastTarget
  let target = cache.get(bits)
  if (target === undefined && !cache.has(bits)) {
    if (cache.size >= MAX_ENTRIES) cache.clear()
    target = expand(bits)
    cache.set(bits, target)
  }
  lastBits = bits
  lastTarget = target
  return target
}

function expand(bits: number): Target | undefined {
  const value = bitsToTarget(bits)
  if (value === undefined) return undefined
  const work = workOfTarget(value)
  const bytes = new Uint8Array(32)
  let rest = value
  for (let i = 0; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return { value, bytes, work, workLimbs: limbsOf(work) }
}

/** Work as four 32-bit limbs, lowest first. */
export function limbsOf(work: bigint): Uint32Array {
  const limbs = new Uint32Array(4)
  for (let i = 0; i < 4; i++) limbs[i] = Number((work >> BigInt(32 * i)) & 0xffffffffn)
  return limbs
}

/** Whether `hash`, read as a number, is at most the target. */
export function meetsTarget(hash: Uint8Array, target: Target): boolean {
  const { bytes } = target
  for (let i = 31; i >= 0; i--) {
    const difference = hash[i]! - bytes[i]!
    if (difference !== 0) return difference < 0
  }
  return true
}
