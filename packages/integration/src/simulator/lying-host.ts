import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Liar } from '../liars/liar.ts'
import { TestPeer } from '../test-peer/test-peer.ts'
import type { Simulation } from './simulation.ts'

/** Somebody who is not one of our nodes, and lies. */
export interface LyingHost {
  /** Requests for blocks that have come to him. */
  readonly asked: number
}

/** Puts a liar at an address of the simulated network. He takes connections until the simulation ends. */
export function placeLiar(simulation: Simulation, address: NetworkAddress, liar: Liar): LyingHost {
  const peers: TestPeer[] = []
  const { clock } = simulation
  const place = address.bytes.join('.')
  let taken = 0
  simulation.network.listen(address, (stream) => {
    const options = { role: 'responder', clock, seed: `liar ${place} ${taken++}`, ...liar.options } as const
    // One who hangs up during the handshake, or later, is nobody's loss.
    TestPeer.over(stream, options)
      .then((peer) => {
        peers.push(peer)
        return liar.play(peer)
      })
      .catch(() => undefined)
  })
  return {
    get asked() {
      return peers.reduce((sum, peer) => sum + peer.count('getdata'), 0)
    },
  }
}
