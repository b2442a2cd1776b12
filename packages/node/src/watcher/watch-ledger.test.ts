import { type Block, type Transaction, type Txid, txid } from '@sapwood/wire-codec'
import { DAY, type WallTime } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import { coinbaseAt, regtest } from '../../test/support/make-chain.ts'
import { WatchLedger } from './watch-ledger.ts'

const SCRIPT = Uint8Array.of(0x52, 1)
const OTHER = Uint8Array.of(0x51)
const NOW = 1_000_000 as WallTime
const block = { height: 7, hash: regtest.genesisHash }

function payment(salt: number, { inputs = 1, script = SCRIPT } = {}): Transaction {
  return {
    version: 2,
    inputs: Array.from({ length: inputs }, (_, index) => ({
      previousOutput: {
        txid: new Uint8Array(32).fill(3) as Uint8Array as Txid,
        index: 1_000_000 * salt + index,
      },
      scriptSig: new Uint8Array(),
      sequence: 0,
      witness: [],
    })),
    outputs: [{ value: 5n, scriptPubKey: script }],
    lockTime: salt,
  }
}

function spending(transaction: Transaction, salt: number): Transaction {
  const draft = payment(salt, { script: OTHER })
  const previousOutput = { txid: txid(transaction), index: 0 }
  return { ...draft, inputs: [{ ...draft.inputs[0]!, previousOutput }] }
}

function ledger(): WatchLedger {
  const made = new WatchLedger()
  made.watch([SCRIPT], 0)
  return made
}

const blockOf = (...transactions: Transaction[]): Block => ({ header: regtest.genesis, transactions })

describe('what is heard of', () => {
  it('is bounded in number, and the oldest go; never what is our own, nor what blocks hold', () => {
    const made = ledger()
    const own = payment(1)
    const mined = payment(2)
    made.hear(own, NOW, { isOwn: true })
    made.connect(blockOf(mined), block, NOW)
    for (let salt = 3; salt < 1_203; salt++) made.hear(payment(salt), NOW)
    expect(made.transactions()).toHaveLength(1_002)
    for (const each of [own, mined, payment(1_202)]) expect(made.get(txid(each))).toBeDefined()
    expect(made.get(txid(payment(3)))).toBeUndefined()
  })

  it('is bounded in bytes', () => {
    const made = ledger()
    for (let salt = 1; salt <= 100; salt++) made.hear(payment(salt, { inputs: 1_000 }), NOW)
    expect(made.transactions().length).toBeLessThan(32)
    expect(made.get(txid(payment(100, { inputs: 1_000 })))).toBeDefined()
  })

  it('leaves nothing behind while nothing can be written, and is told of where it was', () => {
    const made = ledger()
    made.hear(payment(1), NOW)
    const first = made.takeChanges()
    expect(first.size).toBe(1)
    for (let salt = 2; salt <= 3_000; salt++) {
      made.hear(payment(salt), NOW)
      made.giveBack(made.takeChanges())
    }
    // The thousand that are there, and the end of the one that has been written.
    const changes = made.takeChanges()
    expect(changes.size).toBe(1_001)
    expect([...changes.values()].filter((change) => 'end' in change)).toEqual([{ end: 'crowded-out' }])
    expect([...changes.keys()]).toContain([...first.keys()][0])
    made.giveBack(changes)
    expect(made.takeChanges().size).toBe(1_001)
  })

  it('is forgotten after 14 days', () => {
    const made = ledger()
    made.hear(payment(1), NOW)
    made.expire((NOW + 14 * DAY - 1) as WallTime)
    expect(made.transactions()).toHaveLength(1)
    made.takeChanges()
    made.expire((NOW + 14 * DAY) as WallTime)
    expect([...made.takeChanges().values()]).toEqual([{ end: 'expired' }])
  })

  it('hides no output: who spends it is said', () => {
    const made = ledger()
    made.connect(blockOf(payment(1)), block, NOW)
    const spend = spending(payment(1), 2)
    made.hear(spend, NOW)
    expect(made.unspent(9)).toMatchObject([{ value: 5n, confirmations: 3, spentBy: txid(spend) }])
    made.connect(blockOf(spend), { ...block, height: 8 }, NOW)
    expect(made.unspent(9)).toEqual([])
  })

  it('goes where a block holds what contradicts it, with what spends from it', () => {
    const made = ledger()
    const heard = payment(1)
    made.hear(heard, NOW)
    made.hear({ ...spending(heard, 2), outputs: [{ value: 1n, scriptPubKey: SCRIPT }] }, NOW)
    made.takeChanges()
    made.connect(
      blockOf({ ...heard, lockTime: 99, outputs: [{ value: 5n, scriptPubKey: OTHER }] }),
      block,
      NOW,
    )
    expect(made.transactions()).toEqual([])
    expect([...made.takeChanges().values()]).toEqual([{ end: 'conflict' }, { end: 'conflict' }])
  })
})

describe('a reorg', () => {
  it('leaves a payment in no block, and nothing of a coinbase', () => {
    const made = ledger()
    const coinbase = { ...coinbaseAt(7), outputs: [{ value: 5n, scriptPubKey: SCRIPT }] }
    made.connect(blockOf(coinbase, payment(1)), block, NOW)
    expect(made.unspent(7).map(({ isCoinbase }) => isCoinbase)).toEqual([true, false])
    made.disconnect(() => true, NOW)
    expect(made.unspent(7)).toMatchObject([{ txid: txid(payment(1)), confirmations: 0 }])
    expect(made.get(txid(coinbase))).toBeUndefined()
  })
})
