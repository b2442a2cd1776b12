import { InventoryType } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { randomHash } from '../support/payloads.ts'
import { honest, message } from '../support/raw-peer.ts'
import { readSlowly } from '../support/read-slowly.ts'

/** Between two chunks that the half of them reads, in milliseconds. */
const READ_PAUSE = 200

export const attack: Attack = {
  what: 'ask for everything that a node serves in one go; half read nothing of it, half a chunk now and then',
  peers: ALL_PLACES,
  prepare: ({ chain, height, ...field }) => {
    const hash = (at: number) => chain.at(at)!.hash
    const blocks = Array.from({ length: 1_000 }, (_, at) => ({
      type: at % 3 === 0 ? InventoryType.COMPACT_BLOCK : InventoryType.WITNESS_BLOCK,
      hash: at % 5 === 0 ? randomHash() : hash(height - at),
    }))
    const asking = [
      message('getaddr'),
      message('mempool'),
      honest({ type: 'getcfilters', filterType: 0, startHeight: 1, stopHash: hash(1_000) }),
      honest({ type: 'getcfheaders', filterType: 0, startHeight: 1, stopHash: hash(2_000) }),
      honest({ type: 'getcfcheckpt', filterType: 0, stopHash: hash(3_000) }),
      honest({ type: 'getdata', inventory: blocks }),
      honest({ type: 'getblocktxn', blockHash: hash(height), indexes: Uint16Array.of(0, 1) }),
      honest({ type: 'getblocktxn', blockHash: hash(5), indexes: Uint16Array.of(0) }),
      honest({ type: 'getblocks', version: 70_016, locator: [hash(1)], stopHash: hash(height) }),
      honest({ type: 'getheaders', version: 70_016, locator: [hash(1)], stopHash: hash(height) }),
      honest({ type: 'ping', nonce: 7n }),
    ]
    return Promise.resolve(() =>
      field.each(async (index) => {
        for (;;) {
          const peer = await field.join(index, { protocol: field.protocolOf(index) })
          if (peer === undefined) return
          const goes = Array.from({ length: field.scaled(60) }, () => asking).flat()
          void peer.write(peer.frames(goes))
          await readSlowly(peer, field, { every: READ_PAUSE, bytes: index % 4 > 1 ? 65_536 : 0 })
        }
      }),
    )
  },
}
