import { readFileSync } from 'node:fs'
import { decodeTransaction, hashToHex, hexToBytes } from '@sapwood/wire-codec'
import { readCoreScript } from './core-script-text.ts'
import { CONSENSUS_RULES, findFault, scriptFlags } from './script-engine.ts'

/** Spent outputs (txid, index, script, amount), the transaction, names of rules; a comment is one string. */
type Entry =
  | readonly [readonly (readonly [string, number, string, number?])[], string, string]
  | readonly [string]

/** Where the engine and Core part. */
interface Difference {
  readonly file: string
  /** Place among the transactions of the file, from 1 on. */
  readonly number: number
  /** What Core's file says of it. */
  readonly about: string
}

export interface Agreement {
  readonly valid: number
  readonly invalid: number
  /** Of rules that a node keeps to when it relays, and no block has to; and of what needs no scripts. */
  readonly leftOut: number
  readonly differences: readonly Difference[]
}

/**
 * Holds the engine against Core's transaction vectors (src/test/data/tx_valid.json, tx_invalid.json), by the
 * rules of consensus. One of the valid names the rules under which it is not; one of the invalid those that
 * it breaks.
 */
export function compareWithCore(): Agreement {
  const counts = { valid: 0, invalid: 0, leftOut: 0 }
  const differences: Difference[] = []
  for (const kind of ['valid', 'invalid'] as const) {
    const file = `tx_${kind}.json`
    const isLike = kind === 'valid' ? without : only
    let about = ''
    let number = 0
    for (const entry of readVectors(file)) {
      if (entry.length === 1) {
        about = entry[0]
        continue
      }
      number += 1
      const rules = isLike(entry[2].split(','))
      if (rules === undefined) counts.leftOut += 1
      else if (holds(entry, rules) === (kind === 'valid')) counts[kind] += 1
      else differences.push({ file, number, about })
    }
  }
  return { ...counts, differences }
}

function readVectors(file: string): readonly Entry[] {
  return JSON.parse(readFileSync(new URL(`vectors/${file}`, import.meta.url), 'utf8')) as readonly Entry[]
}

function without(names: readonly string[]): readonly string[] {
  const left = CONSENSUS_RULES.filter((name) => !names.includes(name))
  return left.includes('P2SH') ? left : left.filter((name) => name !== 'WITNESS')
}

/** @returns nothing where a rule is none of consensus, or none of scripts (`BADTX`). */
function only(names: readonly string[]): readonly string[] | undefined {
  const rules = names.filter((name) => name !== 'NONE')
  return rules.every((name) => (CONSENSUS_RULES as readonly string[]).includes(name)) ? rules : undefined
}

function holds([outputs, hex]: Extract<Entry, { readonly length: 3 }>, rules: readonly string[]): boolean {
  try {
    const transaction = decodeTransaction(hexToBytes(hex))
    const spent = transaction.inputs.map(({ previousOutput: { txid, index } }) => {
      const [, , script, amount = 0] = outputs.find(
        ([name, at]) => name === hashToHex(txid) && at >>> 0 === index,
      )!
      return { amount: BigInt(amount), scriptPubKey: readCoreScript(script) }
    })
    return findFault(transaction, spent, scriptFlags(rules)) === undefined
  } catch {
    return false
  }
}
