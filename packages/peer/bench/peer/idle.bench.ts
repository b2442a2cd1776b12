import type { Transport } from '@sapwood/transport-v1v2'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Emit, figure } from '../../../../tools/bench/measure.ts'
import type { Peer } from '../../src/index.ts'
import { peers, transports } from './pairs.ts'

const PEERS = 1_000

/** What 1,000 ready, idle peers take beyond the transports that they stand on. */
export default async function bench(emit: Emit): Promise<void> {
  // One pair first, so that compiled code and shared tables are not counted.
  const first = await peers()
  const empty = await heldBytes()
  const pairs: (readonly [Transport, Transport])[] = []
  for (let n = 0; n < PEERS / 2; n++) pairs.push(await transports())
  const withTransports = await heldBytes()
  const all: (readonly [Peer, Peer])[] = []
  for (const pair of pairs) all.push(await peers({}, pair))
  const withPeers = await heldBytes()
  emit(
    figure({
      name: 'idle-peer',
      unit: 'KiB',
      better: 'lower',
      ours: (withPeers - withTransports) / PEERS / 1_024,
      reference: (withTransports - empty) / PEERS / 1_024,
      referenceName: 'the transport itself',
    }),
  )
  // A peer that lives holds the process.
  for (const [dialler, listener] of [first, ...all]) {
    await Promise.all([dialler.disconnect(), listener.disconnect()])
  }
}
