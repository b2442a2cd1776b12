import { type Block, encodeTransaction, type Transaction } from '@sapwood/wire-codec'
import type { SpentOutput, SpentOutputs } from '@sapwood/utreexo'
import { bitcore } from './bitcore.ts'

/** Rules of Bitcoin Core's script verification by their names (script/interpreter.h), as one bit each. */
export function scriptFlags(names: readonly string[]): number {
  let flags = 0
  for (const name of names) {
    const flag = bitcore.Script.Interpreter[`SCRIPT_VERIFY_${name}`]
    if (flag === undefined) throw new RangeError(`Not a rule of scripts: ${name}`)
    flags |= flag
  }
  return flags
}

/**
 * What a block has to keep to. They hold from the first block of regtest, testnet4 and signet on; mainnet has
 * a height for some of them, which a program for mainnet has to give.
 */
export const CONSENSUS_RULES = [
  'P2SH',
  'DERSIG',
  'NULLDUMMY',
  'CHECKLOCKTIMEVERIFY',
  'CHECKSEQUENCEVERIFY',
  'WITNESS',
  'TAPROOT',
] as const

const consensus = scriptFlags(CONSENSUS_RULES)

/** A script engine for `validateScripts`. @throws Error which names the input whose script does not hold. */
export function validateScripts(block: Block, _height: number, spent: SpentOutputs): void {
  for (const [index, transaction] of block.transactions.entries()) {
    if (index === 0) continue
    const fault = findFault(transaction, spent[index]!, consensus)
    if (fault !== undefined) throw new Error(`transaction ${index}: ${fault}`)
  }
}

/** What is wrong with the scripts of a transaction; nothing where they hold. */
export function findFault(
  transaction: Transaction,
  spent: readonly Pick<SpentOutput, 'amount' | 'scriptPubKey'>[],
  flags: number,
): string | undefined {
  const { Script, Transaction: BitcoreTransaction } = bitcore
  const whole = new BitcoreTransaction(Buffer.from(encodeTransaction(transaction)))
  const scripts = spent.map(({ scriptPubKey }) => new Script(Buffer.from(scriptPubKey)))
  // A signature of Taproot is over all spent outputs.
  for (const [index, script] of scripts.entries())
    whole.inputs[index]!.output = new BitcoreTransaction.Output({
      script,
      satoshis: Number(spent[index]!.amount),
    })
  for (const [index, { scriptSig, witness }] of transaction.inputs.entries()) {
    const interpreter = new Script.Interpreter()
    const holds = interpreter.verify(
      new Script(Buffer.from(scriptSig)),
      scripts[index]!,
      whole,
      index,
      flags,
      witness.map((item) => Buffer.from(item)),
      Number(spent[index]!.amount),
    )
    if (!holds) return `input ${index}: ${interpreter.errstr}`
  }
  return undefined
}
