import { decodeTransaction, hexToBytes, type Transaction } from '@sapwood/wire-codec'
import { IntegrationError, RegtestBitcoind } from '../../src/index.ts'
import { sleep } from '../../src/programs/default-sleep.ts'

const ARGS = ['-blockfilterindex=1', '-peerblockfilters=1', '-whitelist=noban@127.0.0.1']
const WALLET = 'payer'
/** Blocks whose coins the wallet owns, and those until the last of them may be spent. */
const FUNDED = 60
const MATURITY = 101
/** Milliseconds between two attempts of a call while bitcoind is away. */
const RETRY = 100

/**
 * A bitcoind that others end and that comes back, with coins to spend,
 * and somebody who mines on it all the time.
 */
export class HonestWork implements AsyncDisposable {
  bitcoind: RegtestBitcoind
  readonly #coinAddress: string
  #script = 0
  #mining: Promise<void> | undefined
  #isMining = false
  #changes: Promise<void> = Promise.resolve()
  /** Serialises what ends bitcoind. */
  #away: Promise<void> = Promise.resolve()

  private constructor(bitcoind: RegtestBitcoind, coinAddress: string) {
    this.bitcoind = bitcoind
    this.#coinAddress = coinAddress
  }

  static async start(): Promise<HonestWork> {
    const bitcoind = await RegtestBitcoind.start({ args: ARGS })
    await bitcoind.rpc('createwallet', WALLET)
    const address = await bitcoind.rpc<string>('getnewaddress')
    await bitcoind.mine(FUNDED, address)
    await bitcoind.mine(MATURITY)
    return new HonestWork(bitcoind, address)
  }

  /** Calls until it is answered: an error of bitcoind's own is one, its absence is not. */
  async rpc<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    for (;;) {
      await this.#away
      try {
        return await this.bitcoind.rpc<T>(method, ...params)
      } catch (error) {
        if (error instanceof IntegrationError && error.code === 'rpc-error') throw error
        await sleep(RETRY)
      }
    }
  }

  /** Blocks that no other run has: each with a script of its own. */
  async mine(blocks: number): Promise<void> {
    await this.rpc('generatetodescriptor', blocks, `raw(04${(++this.#script).toString(16).padStart(8, '0')})`)
  }

  /** Takes the last blocks back and mines one more than those; one such change after the other. */
  async reorganize(depth: number): Promise<void> {
    const change = this.#changes.then(async () => {
      const height = await this.rpc<number>('getblockcount')
      await this.rpc('invalidateblock', await this.rpc<string>('getblockhash', height - depth + 1))
      await this.mine(depth + 1)
    })
    this.#changes = change
    await change
  }

  /** Mines a block now and then until it is told to stop. @param pause milliseconds until the next. */
  startMining(pause: () => number): void {
    this.#isMining = true
    const mine = async (): Promise<void> => {
      while (this.#isMining) {
        await this.mine(1)
        await sleep(pause())
      }
    }
    this.#mining = mine()
  }

  async stopMining(): Promise<void> {
    this.#isMining = false
    await this.#mining
  }

  /** Mines until its chain is longer than any that is `height` high. */
  async outgrow(height: number): Promise<void> {
    const own = await this.rpc<number>('getblockcount')
    await this.mine(Math.max(1, height + 1 - own))
  }

  /** What it has now is there after a crash, too. */
  async flush(): Promise<void> {
    await this.rpc('gettxoutsetinfo')
  }

  /** A signed payment that nobody knows of yet. */
  async makePayment(): Promise<Transaction> {
    await this.rpc('loadwallet', WALLET).catch(() => undefined)
    const raw = await this.rpc<string>('createrawtransaction', [], [{ [this.#coinAddress]: 1 }])
    const { hex: funded } = await this.rpc<{ hex: string }>('fundrawtransaction', raw)
    const { hex } = await this.rpc<{ hex: string }>('signrawtransactionwithwallet', funded)
    return decodeTransaction(hexToBytes(hex))
  }

  async end(how: 'restart' | 'kill'): Promise<void> {
    const before = this.#away
    this.#away = (async () => {
      await before
      if (how === 'kill') await this.bitcoind.process.kill()
      this.bitcoind = await this.bitcoind.restart({ args: ARGS })
    })()
    await this.#away
  }

  /** Stops it where it stands, for some milliseconds. */
  async freeze(milliseconds: number): Promise<void> {
    await this.#away
    const { process: running } = this.bitcoind
    process.kill(running.pid, 'SIGSTOP')
    await sleep(milliseconds)
    if (running.running) process.kill(running.pid, 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#away
    await this.bitcoind.stop()
  }
}
