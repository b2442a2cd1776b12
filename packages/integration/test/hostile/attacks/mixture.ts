import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { gossip, list, randomHash, transactions } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'send a little of every kind in turn over v2, with the heavy kinds among them',
  peers: A_FEW,
  protocol: 'v2',
  again: false,
  messages: ({ chain, height }) => [
    honest({ type: 'headers', headers: chain.headers.slice(0, 2_000) }),
    list('inv', 1_000, InventoryType.WTX),
    ...transactions(10, 300),
    gossip('addrv2', 10),
    honest({ type: 'ping', nonce: 4n }),
    list('getdata', 500, InventoryType.WTX),
    list('notfound', 500, InventoryType.WITNESS_BLOCK),
    honest({ type: 'getheaders', version: 70_016, locator: [chain.at(100)!.hash], stopHash: randomHash() }),
    honest({ type: 'getblocktxn', blockHash: chain.at(height)!.hash, indexes: Uint16Array.of(0) }),
    honest({ type: 'getcfilters', filterType: 0, startHeight: 1, stopHash: chain.at(900)!.hash }),
    honest({ type: 'getcfcheckpt', filterType: 0, stopHash: chain.at(3_000)!.hash }),
    honest({ type: 'feefilter', feeRate: 3n }),
    honest({ type: 'block', block: chain.at(height + 3)!.block }),
    honest({ type: 'headers', headers: [chain.headers[height + 5]!] }),
  ],
})
