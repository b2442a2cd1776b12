import { parseArgs } from 'node:util'
import { BITCOIND_VERSIONS, findBitcoind, isBitcoindVersion } from '../bitcoind/find-bitcoind.ts'
import { isIntegrationError } from '../errors/integration-error.ts'
import { printableLines } from '../errors/printable.ts'

const USAGE = `Usage: sapwood-integration install [--bitcoind VERSION] [--cache FOLDER]

Finds a bitcoind, or installs one without root, so that no test has to wait for that: in the hook of a test runner a
download would run into its timeout. An installation that was cut off is taken up again: what has come is not fetched twice.

Options:
  --bitcoind VERSION  ${BITCOIND_VERSIONS.join(' or ')}; several are kept side by side. Default: that of the BITCOIND variable, that
                      on PATH, that in the cache, or what this machine can have
  --cache FOLDER      where it goes (default: SAPWOOD_CACHE, or .cache in the root of the project)
  -h, --help          print this

Exit code: 0 when there is one, whose command is printed; 1 when there is none; 2 when the command line was not understood.`

/** Runs `sapwood-integration install`. @returns its exit code. */
export async function install(args: readonly string[]): Promise<number> {
  let values: { help?: boolean | undefined; bitcoind?: string | undefined; cache?: string | undefined }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        bitcoind: { type: 'string' },
        cache: { type: 'string' },
      },
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    return 2
  }
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  const { bitcoind: version, cache } = values
  if (version !== undefined && !isBitcoindVersion(version)) {
    console.error(`--bitcoind takes ${BITCOIND_VERSIONS.join(' or ')}, not '${version}'`)
    return 2
  }
  try {
    const program = await findBitcoind({
      onProgress: (line) => console.error(printableLines(line)),
      ...(version !== undefined && { version }),
      ...(cache !== undefined && { cache }),
    })
    console.error(`${program.origin}${program.packages.length > 0 ? `: ${program.packages[0]!}` : ''}`)
    console.log(program.command.join(' '))
    return 0
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    console.error(error.message)
    return 1
  }
}
