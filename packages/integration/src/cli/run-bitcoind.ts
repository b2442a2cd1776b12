import { resolve } from 'node:path'
import { whenAborted } from '@sapwood/transport-v1v2/environment'
import {
  BITCOIND_VERSIONS,
  type BitcoindVersion,
  findBitcoind,
  isBitcoindVersion,
} from '../bitcoind/find-bitcoind.ts'
import { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { IntegrationError, isIntegrationError } from '../errors/integration-error.ts'
import { makeFolder } from '../programs/usable-folder.ts'
import { parseNumber, readOptions } from './arguments.ts'
import { printableLines } from '../errors/printable.ts'

/** Bitcoin Core's ports on regtest (`chainparamsbase.cpp`, `kernel/chainparams.cpp`). */
const DEFAULT_PORTS = { p2p: 18_444, rpc: 18_443 }
/** After so many the first coinbase can be spent (Bitcoin Core, `COINBASE_MATURITY`). */
const DEFAULT_BLOCKS = 101
const BLOCKS = { least: 0, most: 20_000 }
const PORTS = { least: 1, most: 65_535 }

const usageOf = (name: string): string => `Usage: ${name} [options] [-- arguments of bitcoind]

Runs a real bitcoind on regtest, on 127.0.0.1 alone and with a chain of its own, until it is interrupted (Ctrl-C). It looks up no name and
dials nobody. Where this machine has none, one is installed first, without root: that takes a minute or two, once.

Options:
  --port N            port for peers (default ${DEFAULT_PORTS.p2p}, Bitcoin Core's on regtest)
  --rpc-port N        port for RPC (default ${DEFAULT_PORTS.rpc})
  --blocks N          height that its chain is mined to at once (default ${DEFAULT_BLOCKS}, so that a coin can be spent)
  --data FOLDER       where its chain and its cookie (regtest/.cookie) are kept; else both are gone when it ends
  --bitcoind VERSION  ${BITCOIND_VERSIONS.join(' or ')}
  -h, --help          print this

Exit code: 0 when it was interrupted, 1 when it could not be had or ended by itself, 2 when the command line was not understood.`

interface Wanted {
  readonly p2pPort: number
  readonly rpcPort: number
  readonly blocks: number
  readonly data: string | undefined
  readonly version: BitcoindVersion | undefined
  readonly args: readonly string[]
}

/** How {@link runBitcoind} is called. */
export interface RunBitcoindOptions {
  /** Ends it; that is a clean end. */
  readonly signal: AbortSignal
  /** What `--help` calls it. Default: `sapwood-integration bitcoind`. */
  readonly name?: string
}

/**
 * Runs a bitcoind on regtest until the signal says that it is enough: what `sapwood-integration bitcoind`
 * does, which prints where it is, and what went wrong.
 * @param args The command line; `--help` lists the options.
 * @returns the exit code: 0 where the signal ended it, 1 where it could not be had or ended by itself, 2 for
 * a command line that was not understood.
 */
export async function runBitcoind(
  args: readonly string[],
  { signal, name = 'sapwood-integration bitcoind' }: RunBitcoindOptions,
): Promise<number> {
  try {
    const wanted = readArguments(args)
    if (wanted === undefined) {
      console.log(usageOf(name))
      return 0
    }
    return await run(wanted, signal)
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    console.error(printableLines(error.message))
    if (error.code !== 'usage') return 1
    console.error('Try --help.')
    return 2
  }
}

function readArguments(args: readonly string[]): Wanted | undefined {
  const end = args.indexOf('--')
  const own = end === -1 ? args : args.slice(0, end)
  const text = { type: 'string' } as const
  const values = readOptions(own, {
    help: { type: 'boolean', short: 'h' },
    port: text,
    'rpc-port': text,
    blocks: text,
    data: text,
    bitcoind: text,
  })
  if (values.help === true) return undefined
  const version = values.bitcoind
  if (version !== undefined && !isBitcoindVersion(version)) {
    throw new IntegrationError(
      'usage',
      `--bitcoind takes ${BITCOIND_VERSIONS.join(' or ')}, not '${version}'`,
    )
  }
  return {
    p2pPort: parseNumber('--port', values.port, PORTS) ?? DEFAULT_PORTS.p2p,
    rpcPort: parseNumber('--rpc-port', values['rpc-port'], PORTS) ?? DEFAULT_PORTS.rpc,
    blocks: parseNumber('--blocks', values.blocks, BLOCKS) ?? DEFAULT_BLOCKS,
    data: values.data === undefined ? undefined : resolve(values.data),
    version,
    args: end === -1 ? [] : args.slice(end + 1),
  }
}

async function run(wanted: Wanted, signal: AbortSignal): Promise<number> {
  // From the beginning: it may come while a program is fetched, or the chain is mined.
  const interrupted = whenAborted(signal)
  const { p2pPort, rpcPort, blocks, data, version } = wanted
  const program = await findBitcoind({
    onProgress: (line) => console.error(printableLines(line)),
    ...(version !== undefined && { version }),
  })
  if (signal.aborted) return 0
  if (data !== undefined) await makeFolder(data, 'give --data a folder that can be written')
  await using bitcoind = await RegtestBitcoind.start({
    program,
    p2pPort,
    args: [`-rpcport=${rpcPort}`, ...wanted.args],
    ...(data !== undefined && { dataFolder: data }),
  })
  const height = await bitcoind.rpc<number>('getblockcount')
  if (height < blocks) await bitcoind.mine(blocks - height)
  const { subversion } = await bitcoind.rpc<{ subversion: string }>('getnetworkinfo')
  console.log(
    `peers reach ${subversion} on ${bitcoind.p2pHostAndPort}: regtest, height ${Math.max(height, blocks)}`,
  )
  console.log(
    `RPC is on 127.0.0.1:${bitcoind.rpcPort}, with the cookie ${bitcoind.cookieFile ?? 'that you chose'}`,
  )
  console.log('Ctrl-C ends it')
  const exit = await Promise.race([interrupted, bitcoind.exited])
  if (exit === undefined) return 0
  console.error(`bitcoind ended by itself (${exit.signal ?? `exit code ${String(exit.code)}`})`)
  return 1
}
