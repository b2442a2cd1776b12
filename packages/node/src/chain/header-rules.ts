/**
 * What a header has to keep to beside its proof of work: difficulty, median time past, the limit of the
 * future, versions, and no time warp where the network forbids it.
 * https://github.com/bitcoin/bips/blob/master/bip-0113.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0094.mediawiki
 * https://github.com/bitcoin/bitcoin/blob/master/src/validation.cpp
 * @module
 */

import { MEDIAN_TIME_SPAN, type Network, nextBits, targetToBits } from '@sapwood/wire-codec'
import { targetOf } from './target-cache.ts'
import type { HeaderErrorCode } from './chain-entry.ts'

/**
 * A header's time may be at most this far ahead of ours: 2 hours, in seconds (Core, `MAX_FUTURE_BLOCK_TIME`).
 */
export const MAX_FUTURE_BLOCK_TIME: number = 2 * 60 * 60
/** How far the first block of a period may lie before the one before it, seconds (BIP94: MAX_TIMEWARP). */
const MAX_TIMEWARP = 600

/**
 * The chain below a header, as far as the rules look, and as far as it is known. Slots name headers.
 */
export interface RuleContext {
  readonly network: Network
  /** Height of the first header that is known: the genesis block's, or that of a checkpoint. */
  readonly base: number
  height(slot: number): number
  time(slot: number): number
  bits(slot: number): number
  parent(slot: number): number
  /** The ancestor of `slot` at `height`. */
  ancestor(slot: number, height: number): number
}

/** The difficulty that the block after `parent` must state, in compact form. */
export function requiredBits(context: RuleContext, parent: number, time: number): number {
  const { proofOfWork } = context.network
  if (proofOfWork.noRetargeting) return context.bits(parent)
  const interval = proofOfWork.difficultyAdjustmentInterval
  const height = context.height(parent) + 1
  if (height % interval !== 0) {
    if (!proofOfWork.allowMinDifficultyBlocks) return context.bits(parent)
    // Testnet: a block more than two spacings late may have the least difficulty;
    // the next returns to the last real one.
    if (time > context.time(parent) + proofOfWork.targetSpacing * 2) return context.network.powLimitBits
    return lastRealBits(context, parent, interval)
  }
  // The first of the period that ends, so 2,015 spacings before its last block.
  const first = context.ancestor(parent, height - interval)
  return nextBits(
    {
      firstTime: context.time(first),
      firstBits: context.bits(first),
      lastTime: context.time(parent),
      lastBits: context.bits(parent),
    },
    context.network,
  )
}

function lastRealBits(context: RuleContext, from: number, interval: number): number {
  const limit = context.network.powLimitBits
  let slot = from
  while (context.height(slot) % interval !== 0 && context.bits(slot) === limit) slot = context.parent(slot)
  return context.bits(slot)
}

/**
 * Whether a header with `bits` can follow one with `lastBits`, judged without the chain below it: by at most
 * a factor of four at the end of a period, not at all within one (Core, `PermittedDifficultyTransition`).
 */
export function isPermittedTransition(
  network: Network,
  height: number,
  lastBits: number,
  bits: number,
): boolean {
  const { proofOfWork } = network
  if (proofOfWork.allowMinDifficultyBlocks) return true
  if (height % proofOfWork.difficultyAdjustmentInterval !== 0) return bits === lastBits
  const last = targetOf(lastBits)
  const observed = targetOf(bits)
  const limit = targetOf(network.powLimitBits)!.value
  if (last === undefined || observed === undefined) return false
  const rounded = (target: bigint): bigint => targetOf(targetToBits(target > limit ? limit : target))!.value
  return observed.value <= rounded(last.value * 4n) && observed.value >= rounded(last.value / 4n)
}

const times = new Float64Array(MEDIAN_TIME_SPAN)

/**
 * Median of the times of the last 11 headers up to and with `slot`, seconds (BIP113); of those that are
 * known, where fewer are.
 */
export function medianTimePast(context: RuleContext, slot: number): number {
  return times[sortTimes(context, slot) >> 1]!
}

/**
 * The least that the median of 11 can be: what lies below a checkpoint is not known, and may be earlier than
 * all that is. `-Infinity` where too little is known.
 */
function leastMedianTime(context: RuleContext, slot: number): number {
  const known = sortTimes(context, slot)
  const span = Math.min(MEDIAN_TIME_SPAN, context.height(slot) + 1)
  return times[(span >> 1) - (span - known)] ?? Number.NEGATIVE_INFINITY
}

/** Puts the last 11 times into `times`, in their order. @returns how many are known. */
function sortTimes(context: RuleContext, slot: number): number {
  let count = 0
  for (let at = slot; count < MEDIAN_TIME_SPAN; at = context.parent(at)) {
    const time = context.time(at)
    let place = count++
    while (place > 0 && times[place - 1]! > time) {
      times[place] = times[place - 1]!
      place--
    }
    times[place] = time
    if (context.height(at) === context.base) break
  }
  return count
}

/**
 * The least version a block may have at a height, by the soft forks that asked for one (BIP34, BIP66, BIP65).
 */
function leastVersion({ activationHeights }: Network, height: number): number {
  if (height >= activationHeights.bip65) return 4
  if (height >= activationHeights.bip66) return 3
  if (height >= activationHeights.bip34) return 2
  return Number.NEGATIVE_INFINITY
}

/** What the rules say against a header with this parent; `undefined` where they have nothing to say. */
export function contextualError(
  context: RuleContext,
  header: { readonly version: number; readonly time: number; readonly bits: number },
  parent: number,
  nowSeconds: number,
): { readonly code: HeaderErrorCode; readonly detail: string } | undefined {
  const { network } = context
  const height = context.height(parent) + 1
  const required = requiredBits(context, parent, header.time)
  if (header.bits !== required) {
    return { code: 'bad-difficulty', detail: `bits ${hex(header.bits)}, expected ${hex(required)}` }
  }
  const median = leastMedianTime(context, parent)
  if (header.time <= median) {
    return { code: 'time-too-old', detail: `time ${header.time}, median time past ${median}` }
  }
  const { enforceBip94, difficultyAdjustmentInterval } = network.proofOfWork
  if (enforceBip94 && height % difficultyAdjustmentInterval === 0) {
    const parentTime = context.time(parent)
    if (header.time < parentTime - MAX_TIMEWARP) {
      return { code: 'time-warp', detail: `time ${header.time}, previous ${parentTime}` }
    }
  }
  if (header.time > nowSeconds + MAX_FUTURE_BLOCK_TIME) {
    return { code: 'time-too-new', detail: `time ${header.time}, now ${nowSeconds}` }
  }
  if (header.version < leastVersion(network, height)) {
    return { code: 'bad-version', detail: `version ${header.version} at height ${height}` }
  }
  return undefined
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0')
}
