import { encodePayload, type Message, type UtreexoProofRequest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { LimitOptions, PeerServices } from '../src/index.ts'
import { MAX_SERVE_QUEUE } from '../src/serving/serve-queue.ts'
import { hashOf } from './support/requests.ts'
import { ScriptedRemote } from './support/scripted-remote.ts'

const asked = (n: number): UtreexoProofRequest => ({
  blockHash: hashOf(n % 250),
  withTargets: true,
  withProofHashes: true,
  withLeafData: true,
  proofBitmap: new Uint8Array(0),
  leafBitmap: new Uint8Array(0),
})
const getuproof = (n: number): Message => ({ type: 'getuproof', request: asked(n) })
/** A `uproof` of nothing, of a block of its own. */
const empty = (n: number): Uint8Array => new Uint8Array(35).fill(n, 0, 32)

async function inbound(services: PeerServices, limits: LimitOptions = {}): Promise<ScriptedRemote> {
  const remote = new ScriptedRemote({ kind: 'inbound', limits, components: { services } })
  await remote.shakeHands()
  return remote
}

describe('getuproof', () => {
  it('is answered from what the owner serves, in the order of asking, and with silence for what cannot be proved', async () => {
    const requests: UtreexoProofRequest[] = []
    const remote = await inbound({
      utreexoProof: async (request) => {
        requests.push(request)
        return request.blockHash[0] === 2 ? undefined : empty(request.blockHash[0]!)
      },
    })
    await remote.say(getuproof(1), getuproof(2), getuproof(3))
    expect(requests).toEqual([asked(1), asked(2), asked(3)])
    const proofs = remote.transport.sent.filter(({ command }) => command === 'uproof')
    expect(proofs.map(({ payload }) => payload)).toEqual([empty(1), empty(3)])
    expect(remote.handedOn()).toEqual([])
    expect(remote.reason).toBeUndefined()
  })

  it("is the owner's to handle where nothing serves it, as is geturoot", async () => {
    const remote = await inbound({})
    const geturoot: Message = { type: 'geturoot', blockHash: hashOf(4) }
    await remote.say(getuproof(1), geturoot)
    expect(remote.handedOn()).toEqual([getuproof(1), geturoot])
  })

  it('is served from the moment on that the owner begins to serve it', async () => {
    const services: { utreexoProof?: PeerServices['utreexoProof'] } = {}
    const remote = await inbound(services as PeerServices)
    await remote.say(getuproof(1))
    services.utreexoProof = () => empty(2)
    await remote.say(getuproof(2))
    expect(remote.handedOn()).toEqual([getuproof(1)])
    expect(remote.heardTypes()).toEqual(['uproof'])
  })

  it('may come thousands at once: they wait in the socket, a few in memory, and the connection stays', async () => {
    const count = 5_000
    let served = 0
    const utreexoProof = ({ blockHash }: UtreexoProofRequest): Uint8Array => {
      served++
      return empty(blockHash[0]!)
    }
    const remote = await inbound({ utreexoProof }, { maxUnhandledBytes: 10_000 })
    remote.transport.blocked = true
    for (let n = 0; n < count; n += 10)
      remote.transport.push(Array.from({ length: 10 }, (_, i) => encodePayload(getuproof(n + i))))
    await remote.settle()
    // The first went out before the remote was seen not to read.
    expect(served).toBe(1)
    expect(remote.transport.reads * 10).toBeLessThan(MAX_SERVE_QUEUE + 100)
    remote.transport.unblock()
    for (let turns = 0; served < count && turns < 2_000; turns++) await remote.clock.advance(1_000)
    expect(remote.heard().filter(({ type }) => type === 'uproof')).toHaveLength(count)
    expect(remote.reason).toBeUndefined()
  })
})

describe('geturoot', () => {
  it('is answered from what the owner serves, and with silence for a block that it does not know', async () => {
    const remote = await inbound({
      utreexoRoots: (hash) => (hash[0] === 2 ? undefined : new Uint8Array(36).fill(hash[0]!, 2, 34)),
    })
    for (const n of [2, 3]) await remote.say({ type: 'geturoot', blockHash: hashOf(n) })
    expect(remote.heard()).toEqual([
      {
        type: 'uroot',
        state: { blockHash: hashOf(3), leaves: 0n, roots: [], target: 0n, proofHashes: [] },
      },
    ])
    expect(remote.handedOn()).toEqual([])
  })
})
