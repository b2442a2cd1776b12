import { parseArgs, type ParseArgsConfig } from 'node:util'
import { IntegrationError } from '../errors/integration-error.ts'
import { FLEET_LISTENERS, FLEET_WORKERS } from './fleet-limits.ts'

/** What the main job was asked to do. */
export interface MainJobOptions {
  readonly help: boolean
  /** Take the peer inside this process even where a bitcoind can be had. */
  readonly embedded: boolean
  /** Make all runs through a SOCKS5 server that keeps connections apart, and say what it saw. */
  readonly proxy: boolean
  /** Prove a chain with spends without keeping coins, by a bridge on a bitcoind. */
  readonly utreexo: boolean
  /** Keep a bitcoind's chain, build its filters, and serve both to a bitcoind with an empty folder. */
  readonly serve: boolean
  /** Watch a script by a bitcoind's filters, and compare with what its wallet says. */
  readonly watch: boolean
  /** Crawl listeners on loopback by workers in processes of their own, a third of which are killed. */
  readonly fleet: boolean
  /** Listeners of the fleet, and its workers; as many as it has by default where undefined. */
  readonly listeners: number | undefined
  readonly workers: number | undefined
  readonly blocks: number
  /** Where the chain and the node's store are kept from one start to the next. */
  readonly data: string | undefined
  /** Port that the peer of the runs listens on; a free one where undefined. */
  readonly port: number | undefined
}

/** Fewest blocks that make the job say something, and most that it takes on. */
const BLOCKS = { least: 1, most: 20_000 }

/** What `--help` prints. */
export const USAGE: string = `Usage: npm start -- [options]

Connects a Sapwood node to a Bitcoin peer on regtest, follows its headers and blocks, checks them, and prints what it
saw: over v2 (BIP324), over v1 to a peer that speaks nothing else, and over v2 through a SOCKS5 server.
The peer is a real bitcoind: that of the BITCOIND variable, that on PATH, or one installed into .cache/bitcoind.

Options:
  --embedded     use the peer inside this process instead of a bitcoind; needs no network and no installation
  --proxy        run through Tor's SOCKS5 server (a private Tor network on this machine), each connection isolated
                 from the others, and print the credentials that the server saw
  --utreexo      follow a bitcoind with spends without keeping any coins: by the proofs of a Utreexo bridge of our own;
                 then a reorg, and a bridge that lies
  --serve        keep a bitcoind's chain on disk, build its filters, and serve a second bitcoind's whole initial
                 download from there; the next start goes on where this one ended
  --watch        watch a script of a bitcoind's wallet by compact filters: payments, a reorg that takes one back, a
                 restart, a spend; what is unspent is compared with listunspent after each
  --fleet        three crawl workers over 300 listeners of this machine, some of them hostile, that share a frontier on
                 a NATS server; a third of them is killed in the middle, and each node is found once
  --listeners N  listeners of the fleet, ${FLEET_LISTENERS.least} to ${FLEET_LISTENERS.most}
  --workers N    workers of the fleet, ${FLEET_WORKERS.least} to ${FLEET_WORKERS.most}
  --blocks N     blocks to mine and to follow, ${BLOCKS.least} to ${BLOCKS.most} (default 200; 300 with --utreexo)
  --port N       port of 127.0.0.1 that the peer listens on (default: a free one)
  --data FOLDER  where the peer's chain and the node's store are kept, so that the next start goes on from there
                 (default .cache/main-job)
  -h, --help     print this

Exit code: 0 when every run saw what it had to see, 1 when one did not, 2 when the command line was not understood.`

/**
 * Reads the command line.
 * @throws IntegrationError `usage`
 */
export function parseArguments(args: readonly string[]): MainJobOptions {
  const flag = { type: 'boolean' } as const
  const text = { type: 'string' } as const
  const values = readOptions(args, {
    help: { type: 'boolean', short: 'h' },
    embedded: flag,
    proxy: flag,
    utreexo: flag,
    serve: flag,
    watch: flag,
    fleet: flag,
    listeners: text,
    workers: text,
    blocks: text,
    port: text,
    data: text,
  })
  return {
    help: values.help ?? false,
    embedded: values.embedded ?? false,
    proxy: values.proxy ?? false,
    utreexo: values.utreexo ?? false,
    serve: values.serve ?? false,
    watch: values.watch ?? false,
    fleet: values.fleet ?? false,
    listeners: parseNumber('--listeners', values.listeners, FLEET_LISTENERS),
    workers: parseNumber('--workers', values.workers, FLEET_WORKERS),
    blocks: parseNumber('--blocks', values.blocks, BLOCKS) ?? (values.utreexo === true ? 300 : 200),
    data: values.data,
    port: parseNumber('--port', values.port, { least: 1, most: 65_535 }),
  }
}

/**
 * The options of a command that takes nothing else.
 * @throws IntegrationError `usage` for what it does not know.
 */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    throw new IntegrationError('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** A number as an option gives it. @throws IntegrationError `usage` where it is none, or out of range. */
export function parseNumber(
  option: string,
  text: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new IntegrationError('usage', `${option} takes a number from ${least} to ${most}, not '${text}'`)
}
