import { createNode } from '@sapwood/node'
import { bytesToHex, networks } from '@sapwood/wire-codec'

// A fault put in on purpose: what was paid in a block that is taken back still counts.
const forgetsReorgs = process.env.WALLET_FAULT === 'forgets-reorgs'

/** A small wallet: what a script has been paid, by the chain that its peers show it. */
export class Wallet {
  #paid = []
  #node
  #waiting = new Set()

  static async open(peers, script) {
    const wallet = new Wallet()
    wallet.#node = await createNode({ network: networks.regtest, connect: peers })
    wallet.#follow(bytesToHex(script)).catch(() => undefined)
    return wallet
  }

  get balance() {
    return this.#paid.flat().reduce((sum, value) => sum + value, 0n)
  }

  /** Waits until it has seen the block with this hash. */
  async seen(hash) {
    const wanted = bytesToHex(hash)
    if (this.last === wanted) return
    await new Promise((resolve) => this.#waiting.add((last) => last === wanted && resolve()))
  }

  async close() {
    await this.#node.stop()
  }

  async #follow(script) {
    for await (const item of this.#node.blocks.follow({ from: 1 })) {
      if (item.type === 'reorg') {
        if (!forgetsReorgs) this.#paid.length = item.change.fork.height
        continue
      }
      const outputs = item.block.transactions.flatMap((transaction) => transaction.outputs)
      const ours = outputs.filter(({ scriptPubKey }) => bytesToHex(scriptPubKey) === script)
      this.#paid.push(ours.map(({ value }) => value))
      this.last = bytesToHex(item.hash)
      for (const look of this.#waiting) look(this.last)
    }
  }
}
