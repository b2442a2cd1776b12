import { bytesToHex } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import { describe, expect, it } from 'vitest'
import { alice, bob, NOON, seededRandom } from '../../test/support/peer-ids.ts'
import { TransactionRequests } from './transaction-requests.ts'

function keyOf(n: number): string {
  const hash = new Uint8Array(32)
  new DataView(hash.buffer).setUint32(0, n)
  return bytesToHex(hash)
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
    expect(requests.queued).toBeLessThan(20_000)
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
    expect(requests.size).toBeLessThanOrEqual(100_000)
    expect(requests.size).toBeGreaterThan(99_000)
    for (let i = 0; i < 5_000; i++)
      requests.announced({ peer: alice, key: keyOf(n++) }, { preferred: true, delays: 0 }, NOON)
    expect(requests.next(NOON)).toHaveLength(5_000)
  })
})
