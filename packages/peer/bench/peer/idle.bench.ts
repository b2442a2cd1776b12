import type { Transport } from '@sapwood/transport-v1v2'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Emit, figure } from '../../../../tools/bench/measure.ts'
import type { Peer } from '../../src/index.ts'
import { peers, transports } from './pairs.ts'

const PEERS = 1_000

/** What 1,000 ready, idle peers take beyond the transports that they stand on. */
export default async function bench(emit: Emit): Promise<void> {
  // One pair first, so that compiled code and shared tables are not counted.
  const kept: unknown[] = [await peers()]
  const empty = await heldBytes()
  const pairs: (readonly [Transport, Transport])[] = []
  for (let n = 0; n < PEERS / 2; n++) pairs.push(await transports())
  const withTransports = await heldBytes()
  const all: (readonly [Peer, Peer])[] = []
  for (const pair of pairs) all.push(await peers({}, pair))
  const withPeers = await heldBytes()
  kept.push(all)
  emit(
    figure({
      name: 'idle-peer',
      unit: 'KiB',
      better: 'lower',
      ours: (withPeers - withTransports) / PEERS / 1_024,
      reference: (withTransports - empty) / PEERS / 1_024,
      referenceName: `the transport itself (${kept.length - 1} set of ${PEERS})`,
    }),
  )
  for (const [dialler, listener] of all) {
    await Promise.all([dialler.disconnect(), listener.disconnect()])
  }
}
