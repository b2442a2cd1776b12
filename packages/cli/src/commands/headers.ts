import { encodeHeader } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode, headersOf } from '../fetching/borrow-node.ts'
import { give } from '../fetching/give.ts'
import { headerLine, headerText } from '../messages/block-view.ts'
import type { FetchOptions, RawOptions } from '../options/node-options.ts'
import { createReport } from '../terminal/report.ts'

/** Headers that are printed where nothing says how many. */
const DEFAULT_COUNT = 10

/** What `sapwood headers` is told. */
export interface HeadersOptions extends FetchOptions, RawOptions {
  readonly from?: number
  readonly to?: number
}

/** The headers of the best chain, checked: work, linkage, difficulty, times. */
export async function headersCommand(options: HeadersOptions, surroundings: Surroundings): Promise<ExitCode> {
  const report = createReport(surroundings.io, options)
  await borrowNode(options, surroundings, report, { relayTransactions: false }, async (node) => {
    await headersOf(node, options, surroundings)
    const { height } = node.chain.tip()
    const to = options.to ?? height
    const from = options.from ?? Math.max(0, to - DEFAULT_COUNT + 1)
    if (from > to || to > height) {
      throw new CommandError(`there is nothing from ${from} to ${to}: the best chain ends at ${height}`)
    }
    for (let at = from; at <= to; at++) {
      const header = node.chain.headerAt(at)
      if (header === undefined) throw new CommandError('the best chain has become a shorter one meanwhile')
      give(
        {
          bytes: () => encodeHeader(header),
          line: () => headerLine(header, at),
          text: () => headerText(header, at),
        },
        options,
        surroundings.io,
        report,
      )
      await surroundings.io.ready()
      surroundings.signal.throwIfAborted()
    }
  })
  return EXIT.done
}
