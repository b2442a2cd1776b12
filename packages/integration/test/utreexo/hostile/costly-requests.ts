import type { UtreexoProofRequest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../../hostile/support/attack.ts'
import { honest } from '../../hostile/support/raw-peer.ts'
import { wideChain } from './wide-chain.ts'

const EMPTY = new Uint8Array(0)
/** More than the proof has entries, and as many as a bitmap may be long. */
const EVERY = new Uint8Array(3_000).fill(0xff)

/** What costs a bridge most, each for another reason: looking for next to nothing, gathering all, waiting. */
const requests: readonly (Omit<UtreexoProofRequest, 'blockHash'> & { readonly reads: boolean })[] = [
  {
    withTargets: false,
    withProofHashes: false,
    withLeafData: false,
    proofBitmap: EMPTY,
    leafBitmap: EMPTY,
    reads: true,
  },
  {
    withTargets: true,
    withProofHashes: false,
    withLeafData: false,
    proofBitmap: EVERY,
    leafBitmap: EVERY,
    reads: true,
  },
  {
    withTargets: true,
    withProofHashes: true,
    withLeafData: true,
    proofBitmap: EMPTY,
    leafBitmap: EMPTY,
    reads: false,
  },
]
/** Of one request, what is sent at once. */
const AT_ONCE = 500

export const attack: Attack = {
  what: 'ask a bridge for the largest of its proofs, in the costliest ways, as fast as it reads',
  peers: ALL_PLACES,
  prepare: async (field) => {
    const { widest } = wideChain()
    const peers = new Map<number, () => Promise<void>>()
    await field.each(async (index) => {
      const peer = await field.join(index, { protocol: 'v1' })
      if (peer === undefined) return
      const { reads, ...request } = requests[index % requests.length]!
      if (reads) peer.stopListening()
      else peer.turnDeaf()
      const message = honest({ type: 'getuproof', request: { blockHash: widest, ...request } })
      const bytes = peer.frames(Array.from({ length: AT_ONCE }, () => message))
      peers.set(index, async () => {
        while (!field.signal.aborted && (await peer.write(bytes)));
      })
    })
    return () => field.each(async (index) => peers.get(index)?.())
  },
}
