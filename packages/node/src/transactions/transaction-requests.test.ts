import type { Hash256 } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { alice, bob, NOON, seededRandom } from '../../test/support/peer-ids.ts'
import { TransactionRequests } from './transaction-requests.ts'

function hashOf(n: number): Hash256 {
  const hash = new Uint8Array(32)
  new DataView(hash.buffer).setUint32(0, n)
  return hash
}

describe('the requests for transactions', () => {
  it('keep nothing of what a peer announces and then does not have, however often it does so', () => {
    const requests = new TransactionRequests({ random: seededRandom(1) })
    requests.addPeer(alice)
    requests.addPeer(bob)
    requests.announced({ peer: bob, key: 'kept', hash: hashOf(0) }, { preferred: true, delays: 1 }, NOON)
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 5_000 }, (_, i) => round * 5_000 + i)
      for (const n of keys) {
        const announced = { peer: alice, key: String(n), hash: hashOf(n) }
        requests.announced(announced, { preferred: true, delays: 0 }, NOON)
      }
      requests.next(NOON)
      for (const n of keys) requests.failed(alice, String(n))
      requests.next(NOON)
    }
    expect(requests.size).toBe(1)
    expect(requests.queued).toBeLessThan(20_000)
  })
})
