import { baseRegistry, InventoryType, regtest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list, NEARLY_LARGEST, transaction, withTail } from '../support/payloads.ts'
import { honest, message } from '../support/raw-peer.ts'

const wellFormed = [
  list('inv', 2, InventoryType.WTX),
  list('getdata', 2, InventoryType.WTX),
  list('notfound', 2, InventoryType.WTX),
  honest({ type: 'tx', transaction: transaction(100) }),
  honest({ type: 'headers', headers: [] }),
  honest({ type: 'ping', nonce: 1n }),
  honest({ type: 'pong', nonce: 1n }),
  honest({ type: 'feefilter', feeRate: 1_000n }),
  honest({ type: 'sendcmpct', announce: true, version: 2n }),
  honest({
    type: 'getheaders',
    version: 70_016,
    locator: [regtest.genesisHash],
    stopHash: regtest.genesisHash,
  }),
  honest({ type: 'filterload', filter: new Uint8Array(100), hashFunctions: 1, tweak: 0, flags: 0 }),
  honest({ type: 'filteradd', element: new Uint8Array(10) }),
]
const commands = [
  ...new Set([
    ...wellFormed.map(({ command }) => command),
    ...baseRegistry.codecs().map(({ command }) => command),
    'nonsense',
  ]),
]

export const attack: Attack = flood({
  what: 'one peer for each kind of message: it sends that with a tail of 3.9 MB, three times',
  peers: ALL_PLACES,
  again: false,
  times: 3,
  protocol: 'v1',
  messages: (_, index) => {
    const command = commands[index % commands.length]!
    const formed = wellFormed.find((other) => other.command === command)
    return [formed === undefined ? message(command, new Uint8Array(NEARLY_LARGEST)) : withTail(formed)]
  },
})
