import { blockBytes } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode, headersOf } from '../fetching/borrow-node.ts'
import { findBlock, readBlockName } from '../fetching/find-block.ts'
import { give } from '../fetching/give.ts'
import { blockLine, blockText } from '../messages/block-view.ts'
import type { FetchOptions, RawOptions } from '../options/node-options.ts'
import { createReport } from '../terminal/report.ts'

/** A block of the best chain, checked against its header. */
export async function blockCommand(
  text: string,
  options: FetchOptions & RawOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const name = readBlockName(text)
  const report = createReport(surroundings.io, options)
  const { signal } = surroundings
  await borrowNode(options, surroundings, report, { relayTransactions: false }, async (node) => {
    await headersOf(node, options, surroundings)
    const { hash, height } = findBlock(node, name)
    const { block } = await node.getBlock(hash, { signal, timeout: options.timeout })
    give(
      {
        bytes: () => blockBytes(block),
        line: () => blockLine(block, height),
        text: () => blockText(block, height),
      },
      options,
      surroundings.io,
      report,
    )
  })
  return EXIT.done
}
