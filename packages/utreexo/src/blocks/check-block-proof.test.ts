import {
  type Block,
  blockHash,
  type LeafScript,
  regtest,
  type Transaction,
  type TransactionInput,
  type TransactionOutput,
  txid,
  withPackedHashes,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { Forest } from '../accumulator/forest.ts'
import { Stump } from '../accumulator/stump.ts'
import { isUtreexoError, UtreexoError } from '../errors/utreexo-error.ts'
import { leafScript } from '../leaves/implied-script.ts'
import { leafHash, type UtreexoLeaf } from '../leaves/utreexo-leaf.ts'
import { blockChanges } from './block-changes.ts'
import { checkBlockProof, type BlockSurroundings } from './check-block-proof.ts'
import { blockSubsidy } from './check-spends.ts'

// What a real chain cannot be made to show: blocks that bitcoind would never mine.
const HEIGHT = 300
const ANYONE = Uint8Array.of(0x51)
const hashAt = (height: number): ReturnType<typeof blockHash> =>
  blockHash({ ...regtest.genesis, nonce: height })

const output = (value: bigint, scriptPubKey = ANYONE): TransactionOutput => ({ value, scriptPubKey })
const input = (leaf: UtreexoLeaf, sequence = 0xffff_ffff): TransactionInput => ({
  previousOutput: leaf.outPoint,
  scriptSig: new Uint8Array(0),
  sequence,
  witness: [],
})
const pay = (inputs: TransactionInput[], outputs: TransactionOutput[], version = 2): Transaction => ({
  version,
  inputs,
  outputs,
  lockTime: 0,
})
const coinbase = (value: bigint): Transaction =>
  pay(
    [
      {
        previousOutput: { txid: new Uint8Array(32) as never, index: 0xffff_ffff },
        scriptSig: Uint8Array.of(2, 44, 1),
        sequence: 0xffff_ffff,
        witness: [],
      },
    ],
    [output(value)],
  )

let nextLeaf = 1
const leaf = (facts: Partial<UtreexoLeaf> = {}): UtreexoLeaf => {
  const height = facts.height ?? 10
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, nextLeaf++)
  return {
    blockHash: hashAt(height),
    outPoint: { txid: id as never, index: 0 },
    height,
    coinbase: false,
    amount: 1_000n,
    scriptPubKey: ANYONE,
    ...facts,
  }
}

function check(
  leaves: readonly UtreexoLeaf[],
  transactions: readonly Transaction[],
  facts: Partial<BlockSurroundings> & {
    readonly mined?: bigint
    readonly scripts?: readonly LeafScript[]
  } = {},
): ReturnType<typeof checkBlockProof> {
  const forest = new Forest()
  forest.modify([], leaves.map(leafHash))
  const block: Block = {
    header: { ...regtest.genesis, nonce: HEIGHT },
    transactions: [coinbase(facts.mined ?? blockSubsidy(HEIGHT, regtest)), ...transactions],
  }
  const spent = leaves.filter((each) =>
    transactions.some(({ inputs }) =>
      inputs.some(({ previousOutput }) => previousOutput.txid === each.outPoint.txid),
    ),
  )
  const { targets, hashes } = forest.prove(spent.map(leafHash))
  const leafData = spent.map(({ height, coinbase: isCoinbase, amount, scriptPubKey }, index) => ({
    height,
    coinbase: isCoinbase,
    amount,
    script: facts.scripts?.[index] ?? leafScript(scriptPubKey, transactions[0]!.inputs[0]!),
  }))
  const proof = withPackedHashes(hashes, { blockHash: hashAt(HEIGHT), targets, leafData })
  return checkBlockProof(forest.stump(), block, HEIGHT, proof, {
    network: regtest,
    medianTimePast: (height) => height * 600,
    blockHashAt: hashAt,
    ...facts,
  })
}

const refusal = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    if (isUtreexoError(error))
      return { code: error.code, fault: error.fault, transaction: error.transaction, input: error.input }
    throw error
  }
  return undefined
}

describe('a block with its spent outputs', () => {
  it('may spend, chain, and collect its fees', () => {
    const one = leaf({ amount: 5_000n })
    const first = pay([input(one)], [output(4_000n)])
    const second = pay([{ ...input(one), previousOutput: { txid: txid(first), index: 0 } }], [output(3_500n)])
    const proved = check([one, leaf()], [first, second], { mined: blockSubsidy(HEIGHT, regtest) + 1_500n })
    expect(proved.fees).toBe(1_500n)
    expect(proved.spent[1]).toEqual([{ amount: 5_000n, scriptPubKey: ANYONE, height: 10, coinbase: false }])
    expect(proved.spent[2]).toEqual([
      { amount: 4_000n, scriptPubKey: ANYONE, height: HEIGHT, coinbase: false },
    ])
    // Two leaves before; the coinbase and the last output come, what was made and spent here never does.
    expect(proved.stump.leaves).toBe(4)
  })

  const one = leaf({ amount: 5_000n })
  const spend = pay([input(one)], [output(4_000n)])
  const chained = (maker: Transaction, index = 0): Transaction =>
    pay([{ ...input(one), previousOutput: { txid: txid(maker), index } }], [output(1n)])
  const mined = leaf({ amount: 5_000n, coinbase: true, height: HEIGHT - 99 })

  it.each<[string, string, () => unknown, object]>([
    [
      'a double spend of a leaf',
      'double-spend',
      () => check([one], [spend, spend]),
      { transaction: 2, input: 0 },
    ],
    [
      'a double spend of its own',
      'double-spend',
      () => check([one], [spend, chained(spend), chained(spend)]),
      { transaction: 3, input: 0 },
    ],
    [
      'a spend before its making',
      'input-not-yet-made',
      () => check([one], [chained(spend), spend]),
      { transaction: 1, input: 0 },
    ],
    [
      'a spend of an output that is not there',
      'missing-output',
      () => check([one], [spend, chained(spend, 1)]),
      { transaction: 2, input: 0 },
    ],
    [
      'more paid than taken',
      'overspend',
      () => check([one], [pay([input(one)], [output(5_001n)])]),
      { transaction: 1 },
    ],
    [
      'a negative amount',
      'amount-out-of-range',
      () => check([one], [pay([input(one)], [output(-1n)])]),
      { transaction: 1 },
    ],
    [
      'a sum beyond all money',
      'amount-out-of-range',
      () => check([one], [pay([input(one)], [output(2_100_000_000_000_000n), output(1n)])]),
      { transaction: 1 },
    ],
    [
      'a greedy coinbase',
      'coinbase-overpays',
      () => check([one], [spend], { mined: blockSubsidy(HEIGHT, regtest) + 1_001n }),
      {},
    ],
    [
      'a coinbase of 99 blocks',
      'immature-coinbase',
      () => check([mined], [pay([input(mined)], [output(1n)])]),
      { transaction: 1, input: 0 },
    ],
    [
      'its own coinbase',
      'immature-coinbase',
      () => check([one], [spend, chained(coinbase(blockSubsidy(HEIGHT, regtest)))]),
      { transaction: 2, input: 0 },
    ],
    [
      'a script that fails',
      'script',
      () =>
        check([one], [spend], {
          validateScripts: () => {
            throw new Error('no')
          },
        }),
      {},
    ],
    [
      'a script that fails by name',
      'script',
      () =>
        check([one], [spend], {
          validateScripts: () => {
            throw new UtreexoError('script', { transaction: 1, input: 0 })
          },
        }),
      { transaction: 1, input: 0 },
    ],
  ])('is refused for %s', (_, code, run, facts) => {
    expect(refusal(run)).toMatchObject({ code, fault: 'block', ...facts })
  })

  it('is blamed itself for what its script check throws of other proofs', () => {
    const validateScripts = (): void => {
      throw new UtreexoError('root-mismatch')
    }
    expect(refusal(() => check([one], [spend], { validateScripts }))).toMatchObject({ code: 'script' })
  })

  it('is not taken for good where its scripts are looked at later', () => {
    const validateScripts = (): void => Promise.reject(new Error('no')) as unknown as undefined
    expect(refusal(() => check([one], [spend], { validateScripts }))).toMatchObject({
      code: 'script-check-is-async',
      fault: 'caller',
    })
  })

  it('may spend a coinbase of 100 blocks', () => {
    const ripe = leaf({ coinbase: true, height: HEIGHT - 100 })
    expect(refusal(() => check([ripe], [pay([input(ripe)], [output(1n)])]))).toBeUndefined()
  })

  it.each<[string, number, number, boolean]>([
    ['290 blocks, of 290', 290, 2, true],
    ['291 blocks, of 290', 291, 2, false],
    ['291 blocks in a transaction of version 1', 291, 1, true],
    ['291 blocks, switched off', 0x8000_0123, 2, true],
    ['bits beyond the mask', 0x0001_0000, 2, true],
    ['time that has passed', 0x0040_0000 + Math.floor((290 * 600) / 512), 2, true],
    ['time that has not', 0x0040_0000 + Math.floor((290 * 600) / 512) + 1, 2, false],
  ])('keeps to BIP68: %s', (_, sequence, version, allowed) => {
    const locked = leaf({ height: 10 })
    const run = (): unknown => check([locked], [pay([input(locked, sequence)], [output(1n)], version)])
    expect(refusal(run)).toEqual(
      allowed ? undefined : { code: 'sequence-lock', fault: 'block', transaction: 1, input: 0 },
    )
  })

  it('needs a block of ours at the height of a leaf, and an input that shows the script', () => {
    const unknown = { blockHashAt: () => undefined }
    expect(refusal(() => check([one], [spend], unknown))).toMatchObject({
      code: 'unknown-height',
      fault: 'proof',
    })
    const scripts = [{ type: 'p2wpkh' as const }]
    expect(refusal(() => check([one], [spend], { scripts }))).toMatchObject({
      code: 'script-not-implied',
      fault: 'proof',
    })
  })
})

describe('what a block does', () => {
  it('leaves out what nobody can spend, and all of the genesis block', () => {
    const transactions = [
      pay(
        [],
        [
          output(1n, Uint8Array.of(0x6a, 1)),
          output(1n, new Uint8Array(10_001)),
          output(1n, new Uint8Array(10_000).fill(0x51)),
          output(1n, new Uint8Array(0)),
        ],
      ),
    ]
    const block = { header: regtest.genesis, transactions }
    expect([...blockChanges(block, 5).leaves()].map(({ index }) => index)).toEqual([2, 3])
    expect(blockChanges(block, 0).added()).toEqual([])
  })

  it('makes half the money at each halving', () => {
    expect(blockSubsidy(149, regtest)).toBe(5_000_000_000n)
    expect(blockSubsidy(150, regtest)).toBe(2_500_000_000n)
    expect(blockSubsidy(150 * 64, regtest)).toBe(0n)
  })

  it('starts from nothing', () => {
    expect(new Stump().roots).toEqual([])
  })
})
