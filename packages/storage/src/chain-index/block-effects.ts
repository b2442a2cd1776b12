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

/**
 * Looks up what a block spends, and checks what follows from that: that each output is there, and spent once,
 * amounts, the maturity of coinbases, locks. Not scripts.
 * @param coinOf an unspent output of earlier blocks.
 * @throws UtreexoError the block's fault.
 */
export async function effectsOf(
  block: Block,
  height: number,
  coinOf: (outPoint: OutPoint) => Promise<SpentOutput | undefined>,
  facts: ChainFacts,
): Promise<BlockEffects> {
  const txids = block.transactions.map(txid)
  /** Of the block itself, by key. */
  const made = new Map<string, SpentCoin>()
  const spentHere = new Set<string>()
  const lookUps: Promise<SpentCoin>[] = []
  const spentOutputs: Promise<SpentOutput[]>[] = []
  block.transactions.forEach(({ inputs, outputs }, transaction) => {
    const coins = (transaction === 0 ? [] : inputs).map(({ previousOutput }, input): Promise<SpentOutput> => {
      const key = outputKey(previousOutput)
      const missing = (): UtreexoError => new UtreexoError('unknown-output', { transaction, input })
      if (spentHere.has(key)) return rejected(missing())
      spentHere.add(key)
      const own = made.get(key)
      if (own !== undefined) {
        made.delete(key)
        return Promise.resolve(own.coin)
      }
      const found = coinOf(previousOutput).then((coin) => {
        if (coin === undefined) throw missing()
        return { outPoint: previousOutput, coin }
      })
      lookUps.push(found)
      return found.then(({ coin }) => coin)
    })
    spentOutputs.push(Promise.all(coins))
    outputs.forEach(({ value, scriptPubKey }, index) => {
      const outPoint = { txid: txids[transaction]!, index }
      const coin = { amount: value, scriptPubKey, height, coinbase: transaction === 0 }
      if (isSpendable(scriptPubKey)) made.set(outputKey(outPoint), { outPoint, coin })
    })
  })
  // All of them first: one that is rejected leaves none behind that nobody waits for.
  const [spent, outputs] = await Promise.all([Promise.all(lookUps), Promise.all(spentOutputs)])
  checkSpends(block, height, outputs, facts)
  return { spent, created: [...made.values()], spentOutputs: outputs, txids }
}

function rejected(error: Error): Promise<never> {
  return Promise.reject(error)
}
