import { createWatcher, type WatchedTransaction, type WatcherEvent } from '@sapwood/node/watcher'
import { bytesToHex, hashToHex } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode, headersOf } from '../fetching/borrow-node.ts'
import { coins } from '../messages/transaction-view.ts'
import type { FetchOptions } from '../options/node-options.ts'
import { readScript } from '../options/read-script.ts'
import { createReport, type Report } from '../terminal/report.ts'

/** What `sapwood watch` is told. */
export interface WatchOptions extends FetchOptions {
  /** The first height that is looked at; the next block where nothing is said. */
  readonly from?: number
  /** End with the best block, and wait for no more. */
  readonly once?: true
}

/**
 * What pays to some scripts and what spends from them, by compact filters: blocks are fetched where one
 * matches, and no peer is told what is looked for.
 */
export async function watchCommand(
  texts: readonly string[],
  options: WatchOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { io, clock, signal } = surroundings
  const { network, from, once } = options
  const scripts = texts.map((text) => readScript(text, network))
  const report = createReport(io, options)
  await borrowNode(options, surroundings, report, { filters: true }, async (node, store) => {
    await headersOf(node, options, surroundings)
    await using watcher = await createWatcher(node, { store, clock }, { network })
    await watcher.watch(scripts, from === undefined ? {} : { from })
    report.note(`watching ${scripts.length} scripts from ${from ?? node.chain.tip().height + 1} on`)
    const { height } = node.chain.tip()
    for await (const event of watcher.events({ signal })) {
      tell(report, event)
      if (
        once === true &&
        event.type === 'position' &&
        event.position.height >= height &&
        !watcher.isLookingBack
      ) {
        return
      }
    }
  })
  return signal.aborted ? EXIT.interrupted : EXIT.done
}

function tell(report: Report, event: WatcherEvent): void {
  switch (event.type) {
    case 'transaction':
      return tellTransaction(report, event.transaction)
    case 'transaction-gone': {
      const txid = hashToHex(event.txid)
      return report.line({ type: 'gone', txid, why: event.why }, () => `${txid}  gone: ${event.why}`)
    }
    case 'position': {
      const { height } = event.position
      const hash = hashToHex(event.position.hash)
      if (report.json) report.line({ type: 'position', height, hash }, () => '')
    }
  }
}

function tellTransaction(report: Report, { txid: id, block, payments, spends }: WatchedTransaction): void {
  const txid = hashToHex(id)
  const where = block === undefined ? 'in no block' : `in block ${block.height}`
  report.line(
    {
      type: 'watched',
      txid,
      ...(block !== undefined && { height: block.height, block: hashToHex(block.hash) }),
      payments: payments.map(({ index, value, scriptPubKey }) => ({
        index,
        value,
        scriptPubKey: bytesToHex(scriptPubKey),
      })),
      spends: spends.map(({ input, value, scriptPubKey }) => ({
        input,
        value,
        scriptPubKey: bytesToHex(scriptPubKey),
      })),
    },
    () => {
      const received = payments.reduce((sum, { value }) => sum + value, 0n)
      const spent = spends.reduce((sum, { value }) => sum + value, 0n)
      return `${txid}  ${where}: ${coins(received)} received, ${coins(spent)} spent`
    },
  )
}
