import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for the proof of each block, with the largest bitmaps, as fast as the node reads',
  peers: A_FEW,
  messages: ({ chain }) =>
    [0, 100_000].map((length) =>
      honest({
        type: 'getuproof',
        request: {
          blockHash: chain.at(5)!.hash,
          withTargets: true,
          withProofHashes: true,
          withLeafData: true,
          proofBitmap: new Uint8Array(length),
          leafBitmap: new Uint8Array(length),
        },
      }),
    ),
})
