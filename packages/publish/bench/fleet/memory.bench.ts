import type { KeyValueStore } from '@sapwood/node'
import { networks, type PeerAddress } from '@sapwood/wire-codec'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { openEmbeddedFrontier } from '../../src/frontier/embedded-frontier.ts'
import { MAX_KNOWN_ADDRESSES } from '../../src/frontier/frontier.ts'

const PORTION = 1_000

/** What a frontier holds in memory of each of a million addresses; its store, on disk, holds the rest. */
const bench: Bench = async (emit) => {
  const before = await heldBytes()
  const frontier = await openEmbeddedFrontier({ network: networks.main }, { store: onDisk })
  for (let at = 0; at < MAX_KNOWN_ADDRESSES; at += PORTION) {
    await frontier.add(Array.from({ length: PORTION }, (_, index) => nth(at + index)))
  }
  const held = (await heldBytes()) - before
  const { known, open } = await frontier.counts()
  if (known !== MAX_KNOWN_ADDRESSES || open !== known) throw new Error(`${known} known, ${open} open`)
  emit(figure({ name: 'frontier of a million', better: 'lower', unit: 'B/address', ours: held / known }))
}

function nth(index: number): PeerAddress {
  const bytes = Uint8Array.of(1 + (index >> 16), (index >> 8) & 0xff, index & 0xff, 7)
  return { network: 'ipv4', bytes, port: 8_333 }
}

/** Stands for a store on disk: it holds nothing in memory. */
const onDisk: KeyValueStore = {
  namespace: () => ({
    get: () => Promise.resolve(undefined),
    entries: async function* () {
      // Nothing was kept.
    },
    batch: () => Promise.resolve(),
  }),
}

export default bench
