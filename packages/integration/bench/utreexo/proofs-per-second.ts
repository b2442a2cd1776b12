import { regtest, type UtreexoProofRequest } from '@sapwood/wire-codec'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import type { RegtestChain } from '@sapwood/integration'
import { median } from '../../../../tools/bench/measure.ts'

const ROUNDS = 3
/** As many at once as a node without coins has outstanding at most, of those that wait for answers. */
const AT_ONCE = 100
/** Milliseconds: a bench waits as long as it takes. */
const timeout = 600_000

const EMPTY = new Uint8Array(0)
const whole = { withTargets: true, withProofHashes: true, withLeafData: true }

/** How fast the bridge at a port of this machine gives the proofs of a chain: the median of some rounds. */
export async function proofsPerSecond(chain: RegtestChain, port: number): Promise<number> {
  const requests: UtreexoProofRequest[] = []
  for (let height = 1; height <= chain.height; height++)
    requests.push({ blockHash: chain.at(height)!.hash, ...whole, proofBitmap: EMPTY, leafBitmap: EMPTY })
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port } as const
  const transport = await connect(address, { dialer: createTcpDialer(), network: regtest })
  await using peer = createPeer(transport, { network: regtest, kind: 'manual', address })
  await peer.handshake
  const served: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (let first = 0; first < requests.length; first += AT_ONCE)
      await Promise.all(
        requests
          .slice(first, first + AT_ONCE)
          .map((request) => peer.getUtreexoProof({ request }, { timeout })),
      )
    served.push(requests.length / (Number(process.hrtime.bigint() - start) / 1e9))
  }
  return median(served)
}
