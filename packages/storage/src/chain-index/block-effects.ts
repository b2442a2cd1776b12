import { type Block, type OutPoint, txid, type Txid } from '@sapwood/wire-codec'
import { type ChainFacts, checkSpends, isSpendable, type SpentOutput, UtreexoError } from '@sapwood/utreexo'
import { outputKey, type SpentCoin } from './index-entries.ts'

/** What a block does to the unspent outputs. */
export interface BlockEffects {
  /** Outputs of earlier blocks. */
  readonly spent: readonly SpentCoin[]
  /** Outputs that are left of it, and may be spent. */
  readonly created: readonly SpentCoin[]
  /** The spent output of every input, for each transaction; none for the coinbase. */
  readonly spentOutputs: readonly (readonly SpentOutput[])[]
  readonly txids: readonly Txid[]
}

/** An input whose output is not of the block itself. */
interface LookUp {
  readonly key: string
  readonly outPoint: OutPoint
  readonly transaction: number
  readonly input: number
}

/**
 * Looks up what a block spends, and checks what follows from that: that each output is there, and spent once,
 * amounts, the maturity of coinbases, locks. Not scripts.
 * @param coinsOf unspent outputs of earlier blocks, by `outputKey`: all of the block's in one call.
 * @throws UtreexoError the block's fault.
 */
export async function effectsOf(
  block: Block,
  height: number,
  coinsOf: (keys: readonly string[]) => Promise<readonly (SpentOutput | undefined)[]>,
  facts: ChainFacts,
): Promise<BlockEffects> {
  const txids = block.transactions.map(txid)
  /** Of the block itself, by key. */
  const made = new Map<string, SpentCoin>()
  const spentHere = new Set<string>()
  const lookUps: LookUp[] = []
  const spentOutputs: SpentOutput[][] = []
  block.transactions.forEach(({ inputs, outputs }, transaction) => {
    const coins: SpentOutput[] = []
    spentOutputs.push(coins)
    if (transaction > 0)
      inputs.forEach(({ previousOutput: outPoint }, input) => {
        const key = outputKey(outPoint)
        if (spentHere.has(key)) throw new UtreexoError('unknown-output', { transaction, input })
        spentHere.add(key)
        const own = made.get(key)
        if (own === undefined) lookUps.push({ key, outPoint, transaction, input })
        else coins[input] = own.coin
        made.delete(key)
      })
    outputs.forEach(({ value, scriptPubKey }, index) => {
      const outPoint = { txid: txids[transaction]!, index }
      const coin = { amount: value, scriptPubKey, height, coinbase: transaction === 0 }
      if (isSpendable(scriptPubKey)) made.set(outputKey(outPoint), { outPoint, coin })
    })
  })
  const found = await coinsOf(lookUps.map(({ key }) => key))
  const spent = lookUps.map(({ outPoint, transaction, input }, index): SpentCoin => {
    const coin = found[index]
    if (coin === undefined) throw new UtreexoError('unknown-output', { transaction, input })
    spentOutputs[transaction]![input] = coin
    return { outPoint, coin }
  })
  checkSpends(block, height, spentOutputs, facts)
  return { spent, created: [...made.values()], spentOutputs, txids }
}
