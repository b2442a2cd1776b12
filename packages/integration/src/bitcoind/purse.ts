import { bytesToHex, decodeBlock, encodeTransaction, hexToBytes, txid, hashToHex } from '@sapwood/wire-codec'
import { IntegrationError, type IntegrationErrorDetails } from '../errors/integration-error.ts'
import {
  outputOf,
  spend,
  type SpendableOutput,
  WITNESS_OUTPUT_SCRIPT,
} from '../regtest/regtest-transactions.ts'

type Rpc = <T>(method: string, ...params: readonly unknown[]) => Promise<T>

/** Blocks until a coinbase may be spent, that which spends it included. */
const UNTIL_SPENDABLE = 101
/** Satoshi that a payment leaves to the miner. */
const FEE = 10_000n

/** Coins that anybody could spend, mined to a script without a key: payments need no wallet of bitcoind. */
export class Purse {
  readonly #rpc: Rpc
  readonly #facts: () => IntegrationErrorDetails
  #coins: SpendableOutput[] = []

  /** @param facts Asked for what else an error has to say. Default: nothing. */
  constructor(rpc: Rpc, facts: () => IntegrationErrorDetails = () => ({})) {
    this.#rpc = rpc
    this.#facts = facts
  }

  /** Satoshi that can be paid. */
  get balance(): bigint {
    return this.#coins.reduce((sum, { value }) => sum + value, 0n)
  }

  /** Mines until so many coinbases more can be spent. */
  async fund(coins = 1): Promise<void> {
    const descriptor = `raw(${bytesToHex(WITNESS_OUTPUT_SCRIPT)})`
    const hashes = await this.#rpc<string[]>('generatetodescriptor', coins, await this.#checked(descriptor))
    await this.#rpc('generatetodescriptor', UNTIL_SPENDABLE - 1, await this.#checked('raw(6a)'))
    for (const hash of hashes) {
      const block = decodeBlock(hexToBytes(await this.#rpc<string>('getblock', hash, 0)))
      this.#coins.push(outputOf(block.transactions[0]!, 0))
    }
  }

  /**
   * Pays to a script, and keeps the change.
   * @returns the transaction's id, as people read it.
   * @throws IntegrationError `check-failed` where there is too little: `fund` first.
   */
  async pay(script: Uint8Array, amount: bigint): Promise<string> {
    const index = this.#coins.findIndex(({ value }) => value >= amount + FEE)
    if (index === -1) {
      const message = `no coin holds ${amount} satoshi and a fee: call fund() first, or for more coins`
      throw new IntegrationError('check-failed', message, {
        expected: String(amount + FEE),
        ...this.#facts(),
      })
    }
    const [coin] = this.#coins.splice(index, 1)
    const change = coin!.value - amount - FEE
    const transaction = spend(coin!, [
      { value: amount, scriptPubKey: script },
      { value: change, scriptPubKey: WITNESS_OUTPUT_SCRIPT },
    ])
    await this.#rpc('sendrawtransaction', bytesToHex(encodeTransaction(transaction)))
    this.#coins.push(outputOf(transaction, 1))
    return hashToHex(txid(transaction))
  }

  async #checked(descriptor: string): Promise<string> {
    return (await this.#rpc<{ descriptor: string }>('getdescriptorinfo', descriptor)).descriptor
  }
}
