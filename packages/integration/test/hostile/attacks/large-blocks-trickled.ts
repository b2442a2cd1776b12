import { InventoryType } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { honest } from '../support/raw-peer.ts'
import { readSlowly } from '../support/read-slowly.ts'

/** Between two chunks that are read, in milliseconds. */
const READ_PAUSE = 100
const CHUNK = 65_536

export const attack: Attack = {
  what: 'ask for blocks of 4 MB and take a chunk ten times a second: of each one the end is under way for long',
  peers: ALL_PLACES,
  node: { largeBlocks: true },
  prepare: ({ chain, height, ...field }) => {
    const asking = honest({
      type: 'getdata',
      inventory: Array.from({ length: 50 }, (_, at) => ({
        type: InventoryType.WITNESS_BLOCK,
        hash: chain.at(height - at)!.hash,
      })),
    })
    return Promise.resolve(() =>
      field.each(async (index) => {
        for (;;) {
          const peer = await field.join(index, { protocol: field.protocolOf(index) })
          if (peer === undefined) return
          void peer.send(asking)
          // No two alike, so that they stand at different places of their blocks.
          await readSlowly(peer, field, { every: READ_PAUSE, bytes: CHUNK + 512 * index })
        }
      }),
    )
  },
}
