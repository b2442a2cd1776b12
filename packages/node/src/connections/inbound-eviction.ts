/**
 * Bitcoin Core's `SelectNodeToEvict`.
 * https://github.com/bitcoin/bitcoin/blob/master/src/node/eviction.cpp
 * @module
 */

import type { AddressNetwork } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'

/** What counts for or against an inbound connection when there is no room for one more. */
export interface EvictionCandidate {
  readonly peer: PeerId
  readonly connectedAt: Instant
  /** Lowest round trip in milliseconds; `Infinity` where there was none. */
  readonly minimumPing: number
  /** When it last brought a block, or a transaction, that was new. 0: never. */
  readonly lastBlock: number
  readonly lastTransaction: number
  /** Whether it is sent transactions. */
  readonly relaysTransactions: boolean
  /** Whether it offers what a block-relay connection is for. */
  readonly servesBlocks: boolean
  /** The netgroup under a secret key, so that nobody can choose addresses that sort well. */
  readonly keyedNetgroup: bigint
  readonly network: AddressNetwork
  readonly isLocal: boolean
  readonly discouraged: boolean
  /** Permission never to be evicted. */
  readonly noBan: boolean
  /** Since when it sends more than it may have of our time (`Peer.behindSince`). */
  readonly behindSince: Instant | undefined
  /** How often its host dialled us of late. */
  readonly recentDials: number
}

/** How many the first rules protect (Core, `SelectNodeToEvict`). */
const PROTECTED_BY_NETGROUP = 4
const PROTECTED_BY_PING = 8
const PROTECTED_BY_TRANSACTION = 4
const PROTECTED_BLOCK_RELAY = 8
const PROTECTED_BY_BLOCK = 4

/** The networks that are slower by nature, and would lose by the rules that go by speed (Core). */
const DISADVANTAGED: readonly (AddressNetwork | 'local')[] = ['cjdns', 'i2p', 'local', 'torv3']

type Order = (a: EvictionCandidate, b: EvictionCandidate) => number

/**
 * Which inbound connection to end for a new one, or none. Each rule keeps those that are hard for an attacker
 * to outdo by one more measure; of what is left, in the largest netgroup, the one goes whose host came most
 * often of late, of several such the youngest.
 */
export function selectInboundToEvict(
  candidates: readonly EvictionCandidate[],
): EvictionCandidate | undefined {
  let left = candidates.filter(({ noBan }) => !noBan)
  left = protect(left, PROTECTED_BY_NETGROUP, byNetgroup)
  left = protect(left, PROTECTED_BY_PING, byPing)
  left = protect(left, PROTECTED_BY_TRANSACTION, byTransaction)
  left = protect(
    left,
    PROTECTED_BLOCK_RELAY,
    (a, b) => Number(b.relaysTransactions) - Number(a.relaysTransactions) || byBlock(a, b),
    (candidate) => !candidate.relaysTransactions && candidate.servesBlocks,
  )
  left = protect(left, PROTECTED_BY_BLOCK, byBlock)
  left = protectByRatio(left)
  if (left.some(({ discouraged }) => discouraged)) left = left.filter(({ discouraged }) => discouraged)
  return mostRestlessOfLargestGroup(left)
}

/**
 * Half of those left stay for their uptime, up to half of these for being of a disadvantaged network (Core).
 */
function protectByRatio(candidates: readonly EvictionCandidate[]): EvictionCandidate[] {
  const total = candidates.length >> 1
  const most = total >> 1
  let left = [...candidates]
  let kept = 0
  const groups = DISADVANTAGED.map((name) => ({
    name,
    count: left.filter((candidate) => isOf(candidate, name)).length,
  })).sort((a, b) => a.count - b.count)

  while (kept < most) {
    const present = groups.filter(({ count }) => count > 0)
    if (present.length === 0) break
    const share = Math.max(Math.floor((most - kept) / present.length), 1)
    let progress = false
    for (const group of present) {
      const before = left.length
      const inGroup = (candidate: EvictionCandidate): boolean => isOf(candidate, group.name)
      left = protect(
        left,
        share,
        (a, b) => Number(inGroup(a)) - Number(inGroup(b)) || byUptime(a, b),
        inGroup,
      )
      const removed = before - left.length
      if (removed === 0) continue
      progress = true
      kept += removed
      group.count -= removed
      if (kept >= most) break
    }
    if (!progress) break
  }
  return protect(left, total - kept, byUptime)
}

function mostRestlessOfLargestGroup(candidates: readonly EvictionCandidate[]): EvictionCandidate | undefined {
  const groups = new Map<bigint, { size: number; first: EvictionCandidate; youngest: Instant }>()
  for (const candidate of candidates) {
    const { keyedNetgroup, connectedAt } = candidate
    const group = groups.get(keyedNetgroup)
    if (group === undefined) groups.set(keyedNetgroup, { size: 1, first: candidate, youngest: connectedAt })
    else {
      group.size += 1
      if (connectedAt > group.youngest) group.youngest = connectedAt
      if (byRest(candidate, group.first) < 0) group.first = candidate
    }
  }
  let chosen: { size: number; first: EvictionCandidate; youngest: Instant } | undefined
  for (const group of groups.values()) {
    const larger =
      chosen === undefined ||
      group.size > chosen.size ||
      (group.size === chosen.size && group.youngest > chosen.youngest)
    if (larger) chosen = group
  }
  return chosen?.first
}

/**
 * Takes out the last `count` in that order: those that the rule protects, where `eligible` says that it may.
 */
function protect(
  candidates: readonly EvictionCandidate[],
  count: number,
  order: Order,
  eligible: (candidate: EvictionCandidate) => boolean = () => true,
): EvictionCandidate[] {
  const sorted = [...candidates].sort(order)
  const boundary = Math.max(0, sorted.length - count)
  return sorted.filter((candidate, index) => index < boundary || !eligible(candidate))
}

/** Whose host came most often first, of several such the youngest. */
const byRest: Order = (a, b) => b.recentDials - a.recentDials || byUptime(a, b)

/** Youngest first. */
const byUptime: Order = (a, b) => b.connectedAt - a.connectedAt

// Who are alike by one of these are told apart: else those would be protected of whom nothing is known yet.
const byNetgroup: Order = (a, b) => compareBigints(a.keyedNetgroup, b.keyedNetgroup) || byRest(a, b)

const byPing: Order = (a, b) => compareNumbers(b.minimumPing, a.minimumPing) || byRest(a, b)

const byTransaction: Order = (a, b) =>
  compareNumbers(a.lastTransaction, b.lastTransaction) ||
  Number(a.relaysTransactions) - Number(b.relaysTransactions) ||
  byRest(a, b)

const byBlock: Order = (a, b) =>
  compareNumbers(a.lastBlock, b.lastBlock) || Number(a.servesBlocks) - Number(b.servesBlocks) || byRest(a, b)

function isOf(candidate: EvictionCandidate, name: AddressNetwork | 'local'): boolean {
  return name === 'local' ? candidate.isLocal : candidate.network === name
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
