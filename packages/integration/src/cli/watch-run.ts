import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hashToHex, hexToBytes, regtest } from '@sapwood/wire-codec'
import { createNode, type NodeHandle, openStore, type OpenStore } from '@sapwood/node'
import { createWatcher, type Watcher } from '@sapwood/node/watcher'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import Table from 'cli-table3'
import { findBitcoind } from '../bitcoind/find-bitcoind.ts'
import { mineWithPayments } from '../bitcoind/funded-chain.ts'
import { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { until } from '../bitcoind/until.ts'
import { IntegrationError } from '../errors/integration-error.ts'
import { makeFolder } from '../programs/usable-folder.ts'

/** Longest that one step may take, in milliseconds. */
const STEP_TIMEOUT = 2 * MINUTE
/** Satoshi in one of bitcoind's coins. */
const COIN = 100_000_000

/** Where the words of the run go. */
export interface WatchRunOutput {
  /** A table of the result. */
  result(text: string): void
  /** A line about what is going on. */
  note(text: string): void
}

/**
 * A bitcoind that serves filters, and a watcher of one script: payments, one of them heard before it is mined
 * and taken back by a reorg, a restart during which there is another reorg, a spend. After each step what the
 * watcher says is unspent is what `listunspent` says.
 * @throws IntegrationError `check-failed`, `timeout`, `program-not-found`, `folder-unusable`
 */
export async function watchRun(
  { blocks, folder }: { readonly blocks: number; readonly folder: string },
  output: WatchRunOutput,
): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await makeFolder(folder, 'give --data a folder that can be written')
  await using bitcoind = await RegtestBitcoind.start({
    program: await findBitcoind({ onProgress: (line) => output.note(line) }),
    // Transactions are told at once, and not some seconds later.
    args: ['-blockfilterindex', '-peerblockfilters', '-whitelist=noban@127.0.0.1', '-fallbackfee=0.0001'],
  })
  output.note(`mining ${blocks} blocks with payments`)
  await mineWithPayments(bitcoind, blocks)
  const address = await bitcoind.rpc<string>('getnewaddress', '', 'bech32')
  const { scriptPubKey } = await bitcoind.rpc<{ readonly scriptPubKey: string }>('getaddressinfo', address)
  const pay = (amount: number): Promise<string> => bitcoind.rpc<string>('sendtoaddress', address, amount)
  const rows = new Table({
    head: ['step', 'watcher', 'listunspent'],
    style: { head: [], border: [] },
    colWidths: [44, 26, 26],
    wordWrap: true,
  })

  let watching = await Watching.start(bitcoind, folder)
  try {
    const { watcher } = watching
    await watcher.watch([hexToBytes(scriptPubKey)], { from: blocks + 1 })
    const step = async (title: string): Promise<void> => {
      const [ours, theirs] = await watching.compared(bitcoind, address, title)
      rows.push([title, ours, theirs])
    }
    await pay(1)
    await pay(0.5)
    await bitcoind.mine(1)
    await step('two payments, mined')
    const third = await pay(0.25)
    await watching.heard(third)
    await step('a third, heard of')
    await bitcoind.mine(1)
    await step('the third, mined')
    await takeBack(bitcoind)
    await step('a reorg takes the third back')

    await watching.stop()
    output.note('the watcher is stopped; a payment, a reorg')
    await pay(0.75)
    await bitcoind.mine(1)
    await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getbestblockhash'))
    // To another address: the same block again would be the one that is invalid.
    await bitcoind.mine(2, await bitcoind.rpc<string>('getnewaddress'))
    watching = await Watching.start(bitcoind, folder)
    await step('started again: the third and a fourth, mined')

    const [coin] = await bitcoind.rpc<readonly Unspent[]>('listunspent', 1, 9_999_999, [address])
    const elsewhere = await bitcoind.rpc<string>('getnewaddress')
    const amount = Math.round((coin!.amount - 0.001) * COIN) / COIN
    const spend = await bitcoind.rpc<string>('createrawtransaction', [coin], [{ [elsewhere]: amount }])
    const { hex } = await bitcoind.rpc<{ readonly hex: string }>('signrawtransactionwithwallet', spend)
    await watching.heard(await bitcoind.rpc<string>('sendrawtransaction', hex))
    await step('one is spent, heard of')
    await bitcoind.mine(1)
    await step('the spend, mined')
    output.result(`bitcoind, and a watcher of ${address} by its filters\n${rows.toString()}\n`)
  } finally {
    await watching.stop()
  }
}

interface Unspent {
  readonly txid: string
  readonly vout: number
  readonly amount: number
  readonly confirmations: number
}

/** Two empty blocks in the place of the last: what that one held is in none any more. */
async function takeBack(bitcoind: RegtestBitcoind): Promise<void> {
  await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getbestblockhash'))
  const address = await bitcoind.rpc<string>('getnewaddress')
  for (let i = 0; i < 2; i++) await bitcoind.rpc('generateblock', address, [])
}

/** A node and its watcher, on one store. */
class Watching {
  readonly watcher: Watcher
  readonly #node: NodeHandle
  readonly #store: OpenStore

  private constructor(watcher: Watcher, node: NodeHandle, store: OpenStore) {
    this.watcher = watcher
    this.#node = node
    this.#store = store
  }

  static async start(bitcoind: RegtestBitcoind, folder: string): Promise<Watching> {
    const store = await openStore(join(folder, 'state'))
    const node = await createNode(
      { network: regtest, connect: [bitcoind.p2pAddress], dnsSeeds: false, fixedSeeds: false, filters: true },
      { store },
    )
    await node.chain.waitForHeight(await bitcoind.rpc<number>('getblockcount'), { timeout: STEP_TIMEOUT })
    return new Watching(await createWatcher(node, { store }), node, store)
  }

  async stop(): Promise<void> {
    await this.watcher.stop()
    await this.#node.stop()
    await this.#store.close()
  }

  /** Resolves when a transaction is known. */
  async heard(txid: string): Promise<void> {
    const isKnown = (): boolean => this.watcher.transactions().some((each) => hashToHex(each.txid) === txid)
    await this.#until(isKnown, `transaction ${txid}`)
  }

  /**
   * What is unspent, of both sides, once the watcher has looked at bitcoind's tip.
   * @throws IntegrationError `check-failed` where that is not the same.
   */
  async compared(
    bitcoind: RegtestBitcoind,
    address: string,
    step: string,
  ): Promise<readonly [string, string]> {
    const tip = await bitcoind.rpc<string>('getbestblockhash')
    await this.#until(({ hash }) => hash === tip, `block ${tip}`)
    const theirs = (await bitcoind.rpc<readonly Unspent[]>('listunspent', 0, 9_999_999, [address])).map(
      ({ txid, vout, amount, confirmations }) =>
        line({ txid, index: vout, value: Math.round(amount * COIN), confirmations }),
    )
    const ours = this.watcher
      .unspent()
      .filter(({ spentBy }) => spentBy === undefined)
      .map(({ txid, index, value, confirmations }) =>
        line({ txid: hashToHex(txid), index, value: Number(value), confirmations }),
      )
    const received = ours.sort().join('\n')
    const expected = theirs.sort().join('\n')
    if (received === expected) return [received, expected]
    const message = `${step}: the watcher has other outputs than listunspent`
    throw new IntegrationError('check-failed', message, { expected, received })
  }

  async #until(isThere: (at: { readonly hash: string }) => boolean, what: string): Promise<void> {
    await until(what, STEP_TIMEOUT, () => {
      const { position } = this.watcher
      return Promise.resolve(isThere({ hash: position === undefined ? '' : hashToHex(position.hash) }))
    })
  }
}

function line(unspent: {
  readonly txid: string
  readonly index: number
  readonly value: number
  readonly confirmations: number
}): string {
  const { txid, index, value, confirmations } = unspent
  return `${txid.slice(0, 8)}:${index} ${(value / COIN).toFixed(2)} (${confirmations})`
}
