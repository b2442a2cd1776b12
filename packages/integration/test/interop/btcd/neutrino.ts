import { rm } from 'node:fs/promises'
import { startProcess } from '../../../src/index.ts'
import { until } from '../../../src/bitcoind/until.ts'
import type { Program } from '../../../src/programs/find-program.ts'
import { makeTemporaryFolder } from '../../../src/programs/usable-folder.ts'
import type { InteropOptions } from '../run-cases.ts'
import { reorganise, STEP_TIMEOUT, tipOf, withServedChain } from './serving-node.ts'

/** Blocks before the wallet's first payment. */
const BLOCKS = 150
/** Payments to the wallet, a block each. */
const PAYMENTS = 3
/** Blocks that a reorg takes back: the last payment with them. */
const DEPTH = 2

/** Characters of its output that are shown where it does not find what it should. */
const SHOWN_OUTPUT = 8_000

/** What the wallet says in a line. */
type Line =
  | { readonly block: number; readonly hash: string; readonly txids: readonly string[] }
  | { readonly left: number; readonly hash: string }
  | { readonly tip: number; readonly hash: string }

/** A wallet on neutrino finds what was paid to it, before and after it came, by our filters alone. */
export async function findPayments(program: Program, { keep }: InteropOptions): Promise<string> {
  return await withServedChain(BLOCKS, async ({ bitcoind, server, address }) => {
    const pay = async (to: string): Promise<string> => {
      const txid = await bitcoind.rpc<string>('sendtoaddress', to, 0.3)
      await bitcoind.mine(1, await bitcoind.rpc<string>('getnewaddress'))
      return txid
    }
    const watched = await bitcoind.rpc<string>('getnewaddress')
    const paid: string[] = []
    for (let i = 0; i < PAYMENTS; i++) paid.push(await pay(watched))
    const folder = await makeTemporaryFolder('sapwood-neutrino-')
    try {
      await using wallet = await startProcess([...program.command, address, folder, watched])
      const lines = (): readonly Line[] =>
        wallet.stdout
          .split('\n')
          .slice(0, -1)
          .map((text) => JSON.parse(text) as Line)
      const found = (): readonly string[] => lines().flatMap((line) => ('txids' in line ? line.txids : []))
      const finds = async (what: string, isDone: () => boolean): Promise<void> => {
        try {
          await until(`the wallet to ${what}`, STEP_TIMEOUT, () => {
            if (!wallet.running) throw new Error('the wallet has ended')
            return Promise.resolve(isDone())
          })
        } catch (error) {
          const said = `${wallet.stdout.slice(-SHOWN_OUTPUT)}\n${wallet.stderr.slice(-SHOWN_OUTPUT)}`
          throw new Error(`${String(error)}\n${said}`, { cause: error })
        }
      }
      await finds('find what was paid before', () => paid.every((txid) => found().includes(txid)))
      const later = await pay(watched)
      await finds('find what is paid meanwhile', () => found().includes(later))
      const earlier = found().length
      await reorganise(bitcoind, DEPTH)
      const { hash, height } = await tipOf(bitcoind)
      await finds('leave the blocks of the old branch', () =>
        lines().some((line) => 'left' in line && line.left > height - DEPTH - 2),
      )
      await finds('come to the other tip', () => lines().some((line) => 'tip' in line && line.hash === hash))
      const again: string[] = []
      // One that spends a coinbase which is too young on the other branch is not there.
      for (const txid of [paid.at(-1)!, later]) {
        const { confirmations } = await bitcoind.rpc<{ confirmations: number }>('gettransaction', txid)
        if (confirmations > 0) again.push(txid)
      }
      if (again.length === 0) throw new Error('the other branch has no payment')
      await finds('find its payments on the other branch', () =>
        again.every((txid) => found().slice(earlier).includes(txid)),
      )
      const strangers = new Set(found()).size - PAYMENTS - 1
      if (strangers > 0) throw new Error(`${strangers} transactions that do not concern it`)
      const { blocks, filters } = server.info()
      return `${PAYMENTS} payments found, 1 more, ${again.length} again after a reorg of ${DEPTH}; ${filters} filters and ${blocks} blocks served`
    } finally {
      if (!keep) await rm(folder, { recursive: true, force: true })
    }
  })
}
