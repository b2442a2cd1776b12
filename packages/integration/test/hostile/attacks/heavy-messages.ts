import { randomBytes } from 'node:crypto'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { randomHash, transaction } from '../support/payloads.ts'
import { honest, message } from '../support/raw-peer.ts'

const HASHES = 120_000

/** A count as CompactSize, in five bytes. */
function count(entries: number): Uint8Array {
  const bytes = new Uint8Array(5)
  bytes[0] = 0xfe
  new DataView(bytes.buffer).setUint32(1, entries, true)
  return bytes
}

/** A transaction of many inputs, 41 bytes each. */
const manyInputs = {
  ...transaction(10),
  inputs: new Array(90_000).fill(transaction(10).inputs[0]) as ReturnType<typeof transaction>['inputs'],
}
/** The largest of each kind that has a list in it. */
const heavy = [
  honest({ type: 'tx', transaction: manyInputs }),
  message('cfcheckpt', Buffer.concat([new Uint8Array(33), count(HASHES), randomBytes(32 * HASHES)])),
  message('uproof', Buffer.concat([new Uint8Array(32), count(HASHES), randomBytes(32 * HASHES)])),
  honest({
    type: 'blocktxn',
    blockHash: randomHash(),
    transactions: new Array(60_000).fill(transaction(1)) as ReturnType<typeof transaction>[],
  }),
  message('getblocktxn', Buffer.concat([new Uint8Array(32), count(65_000), new Uint8Array(65_000)])),
  message('merkleblock', Buffer.concat([new Uint8Array(84), count(HASHES), randomBytes(32 * HASHES)])),
  message('reqrecon', randomBytes(100_000)),
  message('sketch', randomBytes(3_900_000)),
]

export const attack: Attack = flood({
  what: 'send the largest of each kind of message that has a list in it, unasked',
  peers: A_FEW,
  times: 1,
  messages: (_, index) => [heavy[index % heavy.length]!],
})
