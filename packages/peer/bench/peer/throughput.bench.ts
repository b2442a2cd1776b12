import {
  type BlockHash,
  blockHash,
  bytesToHex,
  encodeBlock,
  type Transaction,
  txid,
} from '@sapwood/wire-codec'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { network, peers, transports } from './pairs.ts'

const BLOCKS = 32
const TRANSACTIONS = 1_650
const PINGS = 2_000

/** Blocks of 1 MB, of transactions of mainnet's average size. */
function makeBlocks(): { readonly hash: BlockHash; readonly payload: Uint8Array }[] {
  const previousOutput = { txid: txid(transaction(0)), index: 0 }
  const transactions = Array.from({ length: TRANSACTIONS }, (_, n) => ({
    ...transaction(n),
    inputs: [{ previousOutput, scriptSig: new Uint8Array(540).fill(n), sequence: n, witness: [] }],
  }))
  return Array.from({ length: BLOCKS }, (_, nonce) => {
    const header = { ...network.genesis, nonce }
    return { hash: blockHash(header), payload: encodeBlock({ header, transactions }) }
  })
}

function transaction(lockTime: number): Transaction {
  const previousOutput = { txid: network.genesisHash as Uint8Array as never, index: 0 }
  const inputs = [{ previousOutput, scriptSig: new Uint8Array(0), sequence: 0, witness: [] }]
  return { version: 2, inputs, outputs: [{ value: 1n, scriptPubKey: new Uint8Array(4) }], lockTime }
}

export default async function bench(emit: Emit): Promise<void> {
  await benchBlocks(emit)
  await benchPings(emit)
}

async function benchBlocks(emit: Emit): Promise<void> {
  const blocks = makeBlocks()
  const hashes = blocks.map(({ hash }) => hash)
  const byHash = new Map(blocks.map(({ hash, payload }) => [bytesToHex(hash), payload]))
  const total = blocks.reduce((sum, { payload }) => sum + payload.length, 0)
  const [near, far] = await transports()
  const [dialler] = await peers({ block: (hash) => byHash.get(bytesToHex(hash)) })

  const bare = async (): Promise<number> => {
    const sending = (async () => {
      for (const { payload } of blocks) {
        if (!far.writer.send({ command: 'block', payload })) await far.writer.ready()
      }
    })()
    let bytes = 0
    for (let left = BLOCKS; left > 0; ) {
      for (const { payload } of (await near.reader.read()) ?? []) {
        bytes += payload.length
        left -= 1
      }
    }
    await sending
    return bytes
  }
  const raw = async (): Promise<number> => {
    let bytes = 0
    for await (const { payload } of dialler.getRawBlocks(hashes)) bytes += payload.length
    if (bytes !== total) throw new Error('blocks were lost')
    return bytes
  }
  const decoded = async (): Promise<number> => {
    let transactions = 0
    for await (const { block } of dialler.getBlocks(hashes)) transactions += block.transactions.length
    return transactions
  }
  const common = {
    unit: 'MB/s',
    better: 'higher',
    toFigure: (seconds: number) => total / seconds / 1e6,
    references: [{ name: 'the bare transport', run: bare }],
    rounds: 15,
  } as const
  await compare({ name: 'peer-blocks-1mb', ours: { name: 'raw', run: raw }, ...common }, emit)
  await compare({ name: 'peer-blocks-1mb-decoded', ours: { name: 'decoded', run: decoded }, ...common }, emit)
}

async function benchPings(emit: Emit): Promise<void> {
  const [near, far] = await transports()
  const [dialler] = await peers()
  const payload = new Uint8Array(8)

  const echo = async (): Promise<never> => {
    for (;;) {
      for (const message of (await far.reader.read()) ?? []) {
        if (!far.writer.send({ command: 'pong', payload: message.payload })) await far.writer.ready()
      }
    }
  }
  void echo()
  const bare = async (): Promise<number> => {
    for (let n = 0; n < PINGS; n++) near.writer.send({ command: 'ping', payload })
    let pongs = 0
    while (pongs < PINGS) pongs += (await near.reader.read())?.length ?? 0
    return pongs
  }
  const ours = async (): Promise<number> => {
    const pings: Promise<unknown>[] = []
    for (let n = 0; n < PINGS; n++) {
      pings.push(dialler.ping())
      // The queue of requests holds 1,000.
      if (n % 500 === 499) await Promise.all(pings.splice(0))
    }
    return pings.length
  }
  await compare(
    {
      name: 'peer-pings',
      unit: 'pings/s',
      better: 'higher',
      toFigure: (seconds) => PINGS / seconds,
      ours: { name: 'peer.ping()', run: ours },
      references: [{ name: 'the bare transport', run: bare }],
      rounds: 15,
    },
    emit,
  )
}
