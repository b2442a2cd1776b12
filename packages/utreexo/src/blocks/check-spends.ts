/**
 * What can be checked of a block with its spent outputs and without running scripts (Core,
 * `CheckTxInputs`, `SequenceLocks`, `ConnectBlock`).
 * https://github.com/bitcoin/bitcoin/blob/master/src/consensus/tx_verify.cpp
 * https://github.com/bitcoin/bips/blob/master/bip-0068.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0113.mediawiki
 * @module
 */

import { type Block, MAX_MONEY, type Network, type Transaction } from '@sapwood/wire-codec'
import { UtreexoError } from '../errors/utreexo-error.ts'
import type { SpentOutput, SpentOutputs } from './spent-outputs.ts'

/** Blocks before an output of a coinbase may be spent (Core, `COINBASE_MATURITY`). */
export const COINBASE_MATURITY = 100
/** Satoshi that the first blocks make. */
const FIRST_SUBSIDY = 5_000_000_000n
/** Blocks from one halving of the subsidy to the next (Core, `nSubsidyHalvingInterval`). */
const HALVING_INTERVAL = 210_000
const REGTEST_HALVING_INTERVAL = 150

/** BIP68: the input's sequence number is no lock. */
const SEQUENCE_DISABLED = 0x8000_0000
/** BIP68: the lock is in units of 512 seconds, not in blocks. */
const SEQUENCE_IS_TIME = 0x0040_0000
const SEQUENCE_MASK = 0xffff
const SEQUENCE_TIME_SHIFT = 9
/** BIP68 binds transactions of this version and later. */
const FIRST_VERSION_WITH_LOCKS = 2

/** What a block's surroundings tell. */
export interface ChainFacts {
  readonly network: Network
  /**
   * Median time past (BIP113) of the block of our chain at a height: seconds.
   * Asked for heights below the block's.
   */
  readonly medianTimePast: (height: number) => number
}

/**
 * Satoshi that a block at `height` may make, besides its fees (Core, `GetBlockSubsidy`).
 * @example
 * blockSubsidy(840_000, mainnet) // 312500000n
 */
export function blockSubsidy(height: number, network: Network): bigint {
  const interval = network.name === 'regtest' ? REGTEST_HALVING_INTERVAL : HALVING_INTERVAL
  const halvings = Math.floor(height / interval)
  return halvings >= 64 ? 0n : FIRST_SUBSIDY >> BigInt(halvings)
}

/**
 * Checks amounts, fees and subsidy, the maturity of coinbases, and BIP68 heights and times.
 * @returns the fees of the block, in satoshi.
 * @throws UtreexoError the block's fault.
 */
export function checkSpends(block: Block, height: number, spent: SpentOutputs, facts: ChainFacts): bigint {
  let fees = 0n
  block.transactions.forEach((transaction, index) => {
    const paid = sum(
      transaction.outputs.map(({ value }) => value),
      index,
    )
    if (index === 0) return
    const inputs = spent[index]!
    const taken = sum(
      inputs.map(({ amount }) => amount),
      index,
    )
    if (paid > taken)
      throw new UtreexoError('overspend', { transaction: index, expected: taken, received: paid })
    fees += taken - paid
    inputs.forEach(({ coinbase, height: made }, input) => {
      if (coinbase && height - made < COINBASE_MATURITY)
        throw new UtreexoError('immature-coinbase', { transaction: index, input, received: height - made })
    })
    if (height >= facts.network.activationHeights.csv)
      checkSequences(transaction, index, height, inputs, facts)
  })
  if (fees > MAX_MONEY) throw new UtreexoError('amount-out-of-range', { received: fees })
  const made = sum(block.transactions[0]?.outputs.map(({ value }) => value) ?? [], 0)
  const most = blockSubsidy(height, facts.network) + fees
  if (height > 0 && made > most)
    throw new UtreexoError('coinbase-overpays', { expected: most, received: made })
  return fees
}

function sum(amounts: readonly bigint[], transaction: number): bigint {
  let total = 0n
  for (const amount of amounts) {
    total += amount
    if (amount < 0n || amount > MAX_MONEY || total > MAX_MONEY)
      throw new UtreexoError('amount-out-of-range', { transaction, received: amount })
  }
  return total
}

/** BIP68: each input as old as its sequence number asks, in blocks or in seconds between median times. */
function checkSequences(
  { version, inputs }: Transaction,
  transaction: number,
  height: number,
  spent: readonly SpentOutput[],
  { medianTimePast }: ChainFacts,
): void {
  if (version < FIRST_VERSION_WITH_LOCKS) return
  inputs.forEach(({ sequence }, input) => {
    if ((sequence & SEQUENCE_DISABLED) !== 0) return
    const { height: made } = spent[input]!
    const lock = sequence & SEQUENCE_MASK
    if ((sequence & SEQUENCE_IS_TIME) === 0) {
      if (height - made < lock)
        throw new UtreexoError('sequence-lock', {
          transaction,
          input,
          expected: lock,
          received: height - made,
        })
      return
    }
    const seconds = lock * 2 ** SEQUENCE_TIME_SHIFT
    const passed = medianTimePast(height - 1) - medianTimePast(Math.max(made - 1, 0))
    if (passed < seconds)
      throw new UtreexoError('sequence-lock', { transaction, input, expected: seconds, received: passed })
  })
}
