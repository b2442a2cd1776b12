import { asBlockHash, type UtreexoProof } from '@sapwood/wire-codec'
import { PeerError, peerId, type PeerId } from '@sapwood/peer'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { ASK_AGAIN, ProofFetcher } from './proof-fetcher.ts'
import type { ProofPeer } from './proof-peers.ts'

const hash = asBlockHash(new Uint8Array(32).fill(5))
const wanted = { height: 7, hash, inputs: 1, refused: new Set<PeerId>() }
const leaf = { height: 1, coinbase: false, amount: 1n, script: { type: 'p2pkh' } } as const
const proofOf = (leafData: UtreexoProof['leafData']): UtreexoProof => ({
  blockHash: hash,
  targets: BigUint64Array.of(0n),
  proofHashes: [],
  leafData,
})
const good = proofOf([leaf])

/** More than any of these needs: a loop that waits for nothing would never come to an end by itself. */
const MOST_LOOKS = 1_000

let clock: VirtualClock
let peers: ProofPeer[]
let punished: PeerId[]
let ring: () => void
let fetcher: ProofFetcher

beforeEach(() => {
  clock = createVirtualClock()
  peers = []
  punished = []
  let looks = 0
  fetcher = new ProofFetcher(20_000, {
    clock,
    peers: {
      having: () => {
        if (++looks > MOST_LOOKS) throw new Error('it looks for a peer again and again')
        return peers
      },
      punish: (peer) => void punished.push(peer),
      onChange: (callback) => {
        ring = callback
        return () => undefined
      },
    },
    events: { emit: () => undefined },
  })
})

function add(id: number, answer: () => Promise<UtreexoProof>, inbound = false): { asked: number } {
  const seen = { asked: 0 }
  const getUtreexoProof = (() => {
    seen.asked += 1
    return answer()
  }) as unknown as ProofPeer['peer']['getUtreexoProof']
  peers.push({ id: peerId(id), peer: { getUtreexoProof }, hasBlock: true, inbound })
  return seen
}

describe('a proof that is wanted', () => {
  it('is not asked again of who sent none, as long as he is still connected', async () => {
    const liar = add(1, () => Promise.resolve(proofOf([])))
    const fetched = fetcher.fetch(wanted, new AbortController().signal)
    await clock.advance(60_000)
    expect(liar.asked).toBe(1)
    expect(punished).toEqual([1])
    add(2, () => Promise.resolve(good))
    ring()
    expect(await fetched).toEqual({ proof: good, from: 2 })
  })

  it('is asked once a second of the only peer, where his requests fail at once', async () => {
    let answer = (): Promise<UtreexoProof> => Promise.reject(new PeerError('request-queue-full', 'no more'))
    const only = add(1, () => answer())
    const both = [fetcher.fetch(wanted, new AbortController().signal)]
    both.push(fetcher.fetch({ ...wanted, height: 8 }, new AbortController().signal))
    await clock.advance(10 * ASK_AGAIN)
    expect(only.asked).toBeGreaterThan(10)
    expect(only.asked).toBeLessThanOrEqual(22)
    answer = () => Promise.resolve(good)
    await clock.advance(ASK_AGAIN)
    expect(await Promise.all(both)).toHaveLength(2)
  })

  const after = async (milliseconds: number, answer: () => UtreexoProof): Promise<UtreexoProof> => {
    await new Promise<void>((resolve) => clock.setTimer(milliseconds, resolve))
    return answer()
  }
  const many = (count: number): Promise<unknown>[] =>
    Array.from({ length: count }, () => fetcher.fetch(wanted, new AbortController().signal))
  const silence = (): UtreexoProof => {
    throw new PeerError('timeout', 'no answer')
  }

  it('is asked less of at a time who could not answer all in time, and he is not passed over for it', async () => {
    let isSlow = true
    const only = add(1, () => after(20_000, () => (isSlow ? silence() : good)))
    const all = many(80)
    await clock.advance(0)
    expect(only.asked).toBe(64)
    await clock.advance(20_000)
    isSlow = false
    await clock.advance(1_000)
    expect(only.asked).toBe(65)
    await clock.advance(20_000)
    expect(only.asked).toBe(65 + 2)
    await clock.advance(20_000)
    expect(only.asked).toBe(65 + 2 + 8)
    await clock.advance(120_000)
    await Promise.all(all)
  })

  it('is not left to a stranger while those that we dialled are only busy', async () => {
    const own = add(1, () => after(1_000, () => good))
    const stranger = add(2, () => after(20_000, silence), true)
    const all = many(128)
    await clock.advance(4_000)
    await Promise.all(all)
    expect([own.asked, stranger.asked]).toEqual([128, 0])
  })

  it('is asked of a stranger where the one that we dialled does not answer', async () => {
    add(1, () => after(20_000, silence))
    add(2, () => after(100, () => good), true)
    const all = many(128)
    await clock.advance(30_000)
    expect(await Promise.all(all)).toHaveLength(128)
  })
})
