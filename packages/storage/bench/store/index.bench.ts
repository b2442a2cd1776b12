import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Block,
  blockHash,
  buildBasicFilter,
  decodeBlock,
  encodeBlock,
  type OutPoint,
  regtest,
  sipHash24,
  type Transaction,
  txid,
} from '@sapwood/wire-codec'
import { openStore } from '@sapwood/node'
import { compare, type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { IndexedChain } from '../../src/chain-index/indexed-chain.ts'

/** Full blocks, about as many transactions each, and as many coins in and out, as mainnet's have. */
const BLOCKS = 60
const TRANSACTIONS = 2_500
const COINS_OF_A_COINBASE = 5_000
/** Coinbases that are spent, before which their maturity goes by. */
const COINBASES = (2 * TRANSACTIONS * BLOCKS) / COINS_OF_A_COINBASE
const COINBASE_MATURITY = 100
const ROUNDS = 3

interface MadeBlock {
  readonly height: number
  readonly bytes: Uint8Array
  /** Of every output that it spends. */
  readonly spentScripts: readonly Uint8Array[]
}

interface Coin {
  readonly outPoint: OutPoint
  readonly script: Uint8Array
}

let scripts = 0
/** One of 22 bytes that no other output has. */
function newScript(): Uint8Array {
  const script = new Uint8Array(22)
  script.set([0, 20])
  new DataView(script.buffer).setUint32(2, scripts++)
  return script
}

function transaction(
  inputs: readonly OutPoint[],
  outputs: number,
  value: bigint,
  height: number,
): Transaction {
  return {
    version: 2,
    inputs: inputs.map((previousOutput) => ({
      previousOutput,
      scriptSig: Uint8Array.of(0x03, height & 0xff, height >> 8, 0),
      sequence: 0xffff_ffff,
      witness: [],
    })),
    outputs: Array.from({ length: outputs }, () => ({ value, scriptPubKey: newScript() })),
    lockTime: 0,
  }
}

/** Blocks that spend what coinbases of long ago paid: every look-up goes to the store. */
function makeChain(): readonly MadeBlock[] {
  const none: OutPoint = { txid: new Uint8Array(32) as OutPoint['txid'], index: 0xffff_ffff }
  const made: MadeBlock[] = []
  const coins: Coin[] = []
  const last = COINBASES + COINBASE_MATURITY + BLOCKS
  for (let height = 1; height <= last; height++) {
    const coinbase = transaction([none], height <= COINBASES ? COINS_OF_A_COINBASE : 1, 100_000n, height)
    const spent: Coin[] = []
    const transactions = [coinbase]
    if (height > COINBASES + COINBASE_MATURITY) {
      for (let i = 0; i < TRANSACTIONS; i++) {
        const inputs = coins.splice(coins.length - 2)
        spent.push(...inputs)
        transactions.push(
          transaction(
            inputs.map(({ outPoint }) => outPoint),
            2,
            100_000n,
            height,
          ),
        )
      }
    }
    if (height <= COINBASES) {
      const id = txid(coinbase)
      coinbase.outputs.forEach(({ scriptPubKey }, index) =>
        coins.push({ outPoint: { txid: id, index }, script: scriptPubKey }),
      )
    }
    const header = { ...regtest.genesis, nonce: height }
    const bytes = encodeBlock({ header, transactions })
    made.push({ height, bytes, spentScripts: spent.map(({ script }) => script) })
  }
  return made
}

/** @returns blocks a second of the full ones, from their bytes to what is in the store. */
async function indexed(chain: readonly MadeBlock[], filters: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-bench-'))
  try {
    await using store = await openStore(folder)
    const index = await IndexedChain.open({
      entries: store.namespace('index'),
      network: regtest,
      chain: { hashAt: () => undefined, medianTimePast: () => 0 },
      topics: { filters, transactions: false },
    })
    let started = 0
    for (const { height, bytes } of chain) {
      if (height === chain.length - BLOCKS + 1) {
        await index.flush()
        started = performance.now()
      }
      const block = decodeBlock(bytes)
      await index.connect(block, { height, hash: blockHash(block.header) })
    }
    await index.flush()
    return BLOCKS / ((performance.now() - started) / 1_000)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Everything that a filter cannot be made without: one SipHash of each script. */
function bareHashing(block: Block, spentScripts: readonly Uint8Array[], key: Uint8Array): number {
  let hashed = 0
  const hash = (script: Uint8Array): void => void (hashed += sipHash24(key, script) === 0n ? 0 : 1)
  for (const { outputs } of block.transactions) for (const { scriptPubKey } of outputs) hash(scriptPubKey)
  for (const script of spentScripts) hash(script)
  return hashed
}

export default async function bench(emit: Emit): Promise<void> {
  const chain = makeChain()
  for (const filters of [false, true]) {
    const rates: number[] = []
    for (let round = 0; round < ROUNDS; round++) rates.push(await indexed(chain, filters))
    const name = filters ? 'index-build-with-filters' : 'index-build'
    emit(figure({ name, unit: 'blocks/s', better: 'higher', ours: median(rates) }))
  }
  const { bytes, spentScripts } = chain.at(-1)!
  const block = decodeBlock(bytes)
  const key = blockHash(block.header).subarray(0, 16)
  await compare(
    {
      name: 'filters-built',
      unit: '1/s',
      better: 'higher',
      toFigure: (seconds) => 1 / seconds,
      ours: { name: 'buildBasicFilter', run: () => buildBasicFilter(block, spentScripts) },
      references: [{ name: 'sipHash24 of each script', run: () => bareHashing(block, spentScripts, key) }],
    },
    emit,
  )
}
