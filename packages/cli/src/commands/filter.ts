import { bytesToHex, hashToHex, openBasicFilter } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode, headersOf } from '../fetching/borrow-node.ts'
import { findBlock, readBlockName } from '../fetching/find-block.ts'
import { give } from '../fetching/give.ts'
import type { FetchOptions, RawOptions } from '../options/node-options.ts'
import { createReport } from '../terminal/report.ts'

/** The compact filter (BIP158) of a block, held against its header, on which all peers agree. */
export async function filterCommand(
  text: string,
  options: FetchOptions & RawOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const name = readBlockName(text)
  const report = createReport(surroundings.io, options)
  const { io, signal } = surroundings
  await borrowNode(
    options,
    surroundings,
    report,
    { filters: true, relayTransactions: false },
    async (node) => {
      await headersOf(node, options, surroundings)
      const { height } = findBlock(node, name)
      for await (const { hash, bytes, header } of node.filters.range(
        { from: height, to: height },
        { signal },
      )) {
        const { count } = openBasicFilter(bytes, hash)
        const facts = { height, hash: hashToHex(hash), header: hashToHex(header), elements: count }
        give(
          {
            bytes: () => bytes,
            line: () => ({ type: 'filter', ...facts, filter: bytesToHex(bytes) }),
            text: () =>
              [
                `block      ${facts.hash}`,
                `height     ${height}`,
                `header     ${facts.header}`,
                `elements   ${count}`,
                `filter     ${bytesToHex(bytes)}`,
              ].join('\n'),
          },
          options,
          io,
          report,
        )
        return
      }
      throw new CommandError('no peer gave the filter')
    },
  )
  return EXIT.done
}
