import { peerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import { type EvictionCandidate, selectInboundToEvict } from './inbound-eviction.ts'

function candidates(
  count: number,
  shape: (index: number) => Partial<EvictionCandidate> = () => ({}),
): EvictionCandidate[] {
  return Array.from({ length: count }, (_, index) => ({
    peer: peerId(index),
    connectedAt: (1_000 + index) as Instant,
    minimumPing: index,
    lastBlock: 0,
    lastTransaction: 0,
    relaysTransactions: true,
    servesBlocks: false,
    keyedNetgroup: BigInt(index % 16),
    network: 'ipv4',
    isLocal: false,
    discouraged: false,
    noBan: false,
    recentDials: 1,
    behindSince: undefined,
    ...shape(index),
  }))
}

/** Evicts one after the other until nobody is left to evict, and returns those who stayed. */
function survivors(all: readonly EvictionCandidate[], keep: number): Set<number> {
  let left = [...all]
  while (left.length > keep) {
    const evicted = selectInboundToEvict(left)?.peer
    if (evicted === undefined) break
    left = left.filter(({ peer }) => peer !== evicted)
  }
  return new Set(left.map(({ peer }) => peer))
}

describe('inbound eviction', () => {
  it('evicts nobody where everyone is protected', () => {
    expect(selectInboundToEvict([])).toBeUndefined()
    expect(selectInboundToEvict(candidates(20))).toBeUndefined()
    expect(selectInboundToEvict(candidates(200, () => ({ noBan: true })))).toBeUndefined()
  })

  it('evicts somebody among many', () => {
    expect(selectInboundToEvict(candidates(60))).toBeDefined()
  })

  it('keeps the four netgroups that sort last, the fastest, and the bringers of blocks and transactions', () => {
    const all = candidates(120, (index) => ({
      minimumPing: index < 8 ? 1 : 1_000,
      lastTransaction: index >= 8 && index < 12 ? 99 : 0,
      lastBlock: index >= 12 && index < 16 ? 99 : 0,
      keyedNetgroup: index >= 16 && index < 20 ? 1_000n + BigInt(index) : 1n,
      // All of these are young: uptime does not protect them.
      connectedAt: (index < 20 ? 5_000 : 1_000) as Instant,
    }))
    const stayed = survivors(all, 60)
    for (let index = 0; index < 20; index++) expect(stayed.has(index)).toBe(true)
  })

  it('keeps block-relay peers that brought blocks', () => {
    const all = candidates(120, (index) => ({
      relaysTransactions: index >= 8,
      servesBlocks: index < 8,
      lastBlock: index < 8 ? 50 : 0,
      connectedAt: (index < 8 ? 9_000 : 1_000) as Instant,
      minimumPing: index < 8 ? 9_000 : 10,
      keyedNetgroup: 1n,
    }))
    const stayed = survivors(all, 60)
    for (let index = 0; index < 8; index++) expect(stayed.has(index)).toBe(true)
  })

  it('keeps a quarter of the rest for the slow networks', () => {
    const all = candidates(100, (index) => ({
      network: index < 10 ? 'torv3' : 'ipv4',
      connectedAt: (index < 10 ? 9_000 : 1_000) as Instant,
      minimumPing: index < 10 ? 9_000 : 10,
      keyedNetgroup: index < 10 ? 0n : 1n,
    }))
    const stayed = survivors(all, 60)
    expect([...stayed].filter((index) => index < 10).length).toBeGreaterThanOrEqual(8)
  })

  it('evicts the youngest of the largest netgroup', () => {
    const all = candidates(100, (index) => ({
      keyedNetgroup: index >= 70 ? 7n : BigInt(100 + index),
      minimumPing: 10,
    }))
    expect(selectInboundToEvict(all)?.peer).toBe(99)
  })

  it('evicts, of the largest netgroup, one whose host comes again and again before one that came once', () => {
    const all = candidates(100, (index) => ({
      keyedNetgroup: index >= 70 ? 7n : BigInt(100 + index),
      minimumPing: 10,
      recentDials: index === 97 ? 30 : 1,
    }))
    expect(selectInboundToEvict(all)?.peer).toBe(97)
  })

  it('protects nobody for being unknown: of those whose ping was never heard the calmest and oldest stay', () => {
    const all = candidates(60, (index) => ({
      keyedNetgroup: 1n,
      minimumPing: Number.POSITIVE_INFINITY,
      relaysTransactions: false,
      recentDials: index >= 50 ? 30 : 1,
    }))
    const stayed = survivors(all, 50)
    expect(stayed).toEqual(new Set(Array.from({ length: 50 }, (_, index) => index)))
  })

  it('prefers the discouraged', () => {
    const all = candidates(100, (index) => ({
      discouraged: index === 60,
      keyedNetgroup: index >= 70 ? 7n : BigInt(index),
      minimumPing: 1_000 - index,
    }))
    expect(selectInboundToEvict(all)?.peer).toBe(60)
  })
})
