import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Block, bytesToHex } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { report } from '../examples/script-engine/report.ts'
import { validateBlock } from '../examples/script-engine/validate-chain.ts'
import { type CapturedBlock, capturedBlocks } from './captured-chain.ts'

/** The block with a bit of the first signature flipped that is a witness, which its txid does not cover. */
function forge(block: Block): Block | undefined {
  for (const [at, transaction] of block.transactions.entries()) {
    const input = transaction.inputs.findIndex(({ witness }) => witness.length === 2)
    if (at === 0 || input < 0) continue
    const inputs = transaction.inputs.map(({ previousOutput, scriptSig, sequence, witness }, index) => {
      const items = witness.map((item) => item.slice())
      if (index === input) items[0]![items[0]!.length - 2]! ^= 1
      return { previousOutput, scriptSig, sequence, witness: items }
    })
    const { version, outputs, lockTime } = transaction
    const transactions = [...block.transactions]
    transactions[at] = { version, inputs, outputs, lockTime }
    return { header: block.header, transactions }
  }
  return undefined
}

describe('the example of a script engine', () => {
  it('says on what it agrees with Core, and validates a chain whole, as the README has it', () => {
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
    const [, output] = /## A script engine[\s\S]*?```text\n([\s\S]*?)```/.exec(readme) ?? []
    expect(report()).toBe(output)
  })

  it('refuses a block with a signature that is none', () => {
    const forged = capturedBlocks.flatMap((captured): CapturedBlock[] => {
      const block = forge(captured.block)
      return block === undefined ? [] : [{ ...captured, block }]
    })[0]!
    expect(bytesToHex(forged.block.transactions[1]!.inputs[0]!.witness[1]!)).toMatch(/^0[23]/)
    let thrown: unknown
    try {
      validateBlock(forged.before, forged)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'script',
      fault: 'block',
      cause: expect.objectContaining({ message: expect.stringContaining('transaction 1: input 0') }),
    })
  })
})
