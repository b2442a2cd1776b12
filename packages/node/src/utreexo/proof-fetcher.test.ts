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

function add(id: number, answer: () => Promise<UtreexoProof>): { asked: number } {
  const seen = { asked: 0 }
  const getUtreexoProof = (() => {
    seen.asked += 1
    return answer()
  }) as unknown as ProofPeer['peer']['getUtreexoProof']
  peers.push({ id: peerId(id), peer: { getUtreexoProof }, hasBlock: true, inbound: false })
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
})
