import { bytesToHex } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import { alice, bob, NOON, seededRandom } from '../../test/support/peer-ids.ts'
import { type TransactionRequest, TransactionRequests } from './transaction-requests.ts'

function keyOf(n: number): string {
  const hash = new Uint8Array(32)
  new DataView(hash.buffer).setUint32(0, n)
  return bytesToHex(hash)
}

function all(requests: TransactionRequests, now: Instant): readonly TransactionRequest[] {
  const made: TransactionRequest[] = []
  do made.push(...requests.next(now))
  while (requests.isBehind)
  return made
}

describe('the requests for transactions', () => {
  it('keep nothing of what a peer announces and then does not have, however often it does so', () => {
    const requests = new TransactionRequests({ random: seededRandom(1) })
    requests.addPeer(alice, { outbound: true })
    requests.addPeer(bob, { outbound: true })
    requests.announced({ peer: bob, key: keyOf(1_000_000) }, { preferred: true, delays: 1 }, NOON)
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 5_000 }, (_, i) => round * 5_000 + i)
      for (const n of keys) {
        requests.announced({ peer: alice, key: keyOf(n) }, { preferred: true, delays: 0 }, NOON)
      }
      requests.next(NOON)
      for (const n of keys) requests.failed(alice, keyOf(n))
      requests.next(NOON)
    }
    expect(requests.size).toBe(1)
    expect(requests.queued).toBe(1)
  })

  it('are bounded for all inbound peers together, and leave those of our own choice their place', () => {
    const requests = new TransactionRequests({ random: seededRandom(1) })
    const strangers = Array.from({ length: 114 }, (_, i) => peerId(10 + i))
    for (const peer of strangers) requests.addPeer(peer, { outbound: false })
    requests.addPeer(alice, { outbound: true })
    let n = 0
    for (const peer of strangers) {
      for (let i = 0; i < 6_000; i++)
        requests.announced({ peer, key: keyOf(n++) }, { preferred: false, delays: 1 }, NOON)
    }
    expect(requests.size).toBeLessThanOrEqual(50_000)
    expect(requests.size).toBeGreaterThan(49_000)
    for (let i = 0; i < 5_000; i++)
      requests.announced({ peer: alice, key: keyOf(n++) }, { preferred: true, delays: 0 }, NOON)
    expect(all(requests, NOON)).toHaveLength(5_000)
  })

  it('are a thousand in one go, of however many that become due at once, and all of them in the end', () => {
    const requests = new TransactionRequests({ random: seededRandom(1) })
    let n = 0
    for (let i = 0; i < 10; i++) {
      const peer = peerId(10 + i)
      requests.addPeer(peer, { outbound: false })
      for (let announced = 0; announced < 5_000; announced++)
        requests.announced({ peer, key: keyOf(n++) }, { preferred: false, delays: 1 }, NOON)
    }
    const later = (NOON + 2_000) as Instant
    expect(requests.next(later)).toHaveLength(1_000)
    expect(requests.isBehind).toBe(true)
    expect(all(requests, later)).toHaveLength(49_000)
    expect(requests.isBehind).toBe(false)
    // Nobody delivers: a minute later each request has run out of time, a thousand in one go again.
    const muchLater = (later + 60_000) as Instant
    requests.next(muchLater)
    expect(requests.isBehind).toBe(true)
    expect(requests.size).toBe(49_000)
  })
})
