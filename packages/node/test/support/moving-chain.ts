import {
  type Block,
  blockHash,
  bytesToHex,
  Services,
  type Transaction,
  type Txid,
  txid,
} from '@sapwood/wire-codec'
import { drawBelow, type Random } from '@sapwood/transport-v1v2/environment'
import type { VirtualClock } from '@sapwood/transport-v1v2/testing'
import type { NodeHandle } from '../../src/index.ts'
import { FULL_NODE } from './addresses.ts'
import { filterServices } from './filter-services.ts'
import { coinbaseAt, mineBlock, regtest } from './make-chain.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { startNode } from './start-node.ts'

export const GENESIS: Block = { header: regtest.genesis, transactions: [coinbaseAt(0)] }
/** What most outputs pay to, and nobody watches. */
const NOBODY = Uint8Array.of(0x51)

/** An output that a block of the chain pays. */
export interface Coin {
  readonly txid: Txid
  readonly index: number
  readonly scriptPubKey: Uint8Array
}

/** A chain that grows and reorganises at random, whose blocks pay to scripts and spend what they pay. */
export class MovingChain {
  /** From height 0 on. */
  blocks: readonly Block[] = [GENESIS]
  readonly #random: Random
  readonly #scripts: readonly Uint8Array[]
  readonly #byHash = new Map<string, Block>()
  readonly #scriptOf = new Map<string, Uint8Array>()
  readonly #clock: VirtualClock
  #server: NodeHandle | undefined
  #salt = 0

  constructor(scripts: readonly Uint8Array[], random: Random, clock: VirtualClock) {
    this.#scripts = scripts
    this.#random = random
    this.#clock = clock
    for (const { txid: id, index, scriptPubKey } of coinsOf(this.blocks))
      this.#scriptOf.set(keyOf(id, index), scriptPubKey)
  }

  get height(): number {
    return this.blocks.length - 1
  }

  byHash(hash: Uint8Array): Block | undefined {
    return this.#byHash.get(bytesToHex(hash))
  }

  /** What the outputs that a block spends pay to. */
  spentScripts({ transactions }: Block): Uint8Array[] {
    return transactions
      .slice(1)
      .flatMap(({ inputs }) =>
        inputs.map(({ previousOutput: { txid: id, index } }) => this.#scriptOf.get(keyOf(id, index))!),
      )
  }

  /** A node that serves it, with its filters, now and then some time later. */
  async serve(network: MemoryNetwork, address: string): Promise<NodeHandle> {
    const later = (): Promise<void> | undefined =>
      this.#below(3) === 0
        ? new Promise((resolve) => void this.#clock.setTimer(this.#below(400), resolve))
        : undefined
    this.#server = await startNode({
      network,
      clock: this.#clock,
      address,
      node: { services: FULL_NODE | Services.COMPACT_FILTERS },
      components: {
        services: {
          block: async (hash) => {
            await later()
            return this.byHash(hash)
          },
          ...filterServices(
            () => this.blocks,
            { later },
            (each) => this.spentScripts(each),
          ),
        },
      },
    })
    return this.#server
  }

  /** Takes `depth` blocks back, and mines so many more than that. */
  async grow(depth: number, more: number): Promise<void> {
    const blocks = this.blocks.slice(0, Math.max(1, this.blocks.length - depth))
    const added = this.blocks.length - blocks.length + more
    const coins = coinsOf(blocks)
    for (let i = 0; i < added; i++) {
      const block = mineBlock(blocks.at(-1)!.header, this.#transactions(blocks.length, coins))
      for (const transaction of block.transactions)
        for (const coin of outputsOf(transaction)) {
          coins.push(coin)
          this.#scriptOf.set(keyOf(coin.txid, coin.index), coin.scriptPubKey)
        }
      this.#byHash.set(bytesToHex(blockHash(block.header)), block)
      blocks.push(block)
    }
    this.blocks = blocks
    const submitted = this.#server?.chain.submitHeaders(blocks.slice(-added).map(({ header }) => header))
    await this.#clock.advance(this.#below(2) * 500)
    await submitted
  }

  #transactions(height: number, coins: Coin[]): Transaction[] {
    const coinbase = coinbaseAt(height, this.#salt++ & 0x7f)
    const made: Transaction[] = [{ ...coinbase, outputs: [this.#output()] }]
    while (coins.length > 0 && this.#below(2) === 0) {
      const [coin] = coins.splice(this.#below(coins.length), 1)
      const transaction: Transaction = {
        version: 2,
        inputs: [
          {
            previousOutput: { txid: coin!.txid, index: coin!.index },
            scriptSig: new Uint8Array(),
            sequence: 0,
            witness: [],
          },
        ],
        outputs: [this.#output(), this.#output()],
        lockTime: this.#salt++,
      }
      made.push(transaction)
      coins.push(...outputsOf(transaction))
    }
    for (const transaction of made)
      for (const { txid: id, index, scriptPubKey } of outputsOf(transaction))
        this.#scriptOf.set(keyOf(id, index), scriptPubKey)
    return made
  }

  #output(): { readonly value: bigint; readonly scriptPubKey: Uint8Array } {
    const script = this.#below(3) === 0 ? this.#scripts[this.#below(this.#scripts.length)]! : NOBODY
    return { value: 1n, scriptPubKey: script }
  }

  #below(count: number): number {
    return drawBelow(this.#random, count)
  }
}

function outputsOf(transaction: Transaction): Coin[] {
  const id = txid(transaction)
  return transaction.outputs.map(({ scriptPubKey }, index) => ({ txid: id, index, scriptPubKey }))
}

/** What is unspent after these blocks. */
export function coinsOf(blocks: readonly Block[]): Coin[] {
  const coins = new Map<string, Coin>()
  for (const { transactions } of blocks) {
    for (const transaction of transactions) {
      for (const { previousOutput } of transaction.inputs)
        coins.delete(keyOf(previousOutput.txid, previousOutput.index))
      for (const coin of outputsOf(transaction)) coins.set(keyOf(coin.txid, coin.index), coin)
    }
  }
  return [...coins.values()]
}

export function keyOf(id: Uint8Array, index: number): string {
  return `${bytesToHex(id)}:${index}`
}
