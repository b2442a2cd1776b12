import { Command, CommanderError, Option } from 'commander'
import type { Surroundings } from './connecting/surroundings.ts'
import { EXIT, EXIT_CODES_HELP, type ExitCode } from './errors/exit-code.ts'
import {
  type CommonOptions,
  withCommonOptions,
  withNetworkOption,
  withOutputOptions,
  withProxyOptions,
} from './options/common-options.ts'
import { wordsHelp } from './node-run/core-words.ts'
import { commandFirst } from './options/command-first.ts'
import { KINDS } from './options/kinds.ts'
import { listening } from './options/listening.ts'
import {
  type FetchOptions,
  type RawOptions,
  withFetchOptions,
  withRawOptions,
} from './options/node-options.ts'
import { collected, minutes, seconds, wholeNumber } from './options/read-option.ts'
import { printableLines } from './terminal/printable.ts'
import { version } from './version.ts'
import type { CaptureOptions } from './commands/capture.ts'
import type { CrawlCommandOptions } from './commands/crawl.ts'
import type { ObserveOptions } from './commands/observe.ts'
import type { DecodeOptions } from './commands/decode.ts'
import type { HeadersOptions } from './commands/headers.ts'
import type { PeerOptions } from './commands/peer.ts'
import type { RelayOptions } from './commands/relay.ts'
import type { ReplayOptions } from './commands/replay.ts'
import type { RpcOptions } from './commands/rpc.ts'
import type { SendOptions } from './commands/send.ts'
import type { TxOptions } from './commands/tx.ts'
import type { WatchOptions } from './commands/watch.ts'

/** Milliseconds for an answer that a peer need not give. */
const DEFAULT_WAIT = 5_000
/** Dials a second, and connections at the same time, of a crawl that says nothing. */
const CRAWL_RATE = 20
const CRAWL_CONNECTIONS = 64
/** Minutes between the beginnings of two rounds of a crawl, at least: nobody is asked more often. */
const LEAST_ROUND = 10
/** Higher than any chain for thousands of years. */
const MAX_HEIGHT = 999_999_999

/**
 * Runs one command line.
 * @param args What follows the command's name.
 * @returns what the process is to end with. Nothing is thrown.
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { io, signal } = surroundings
  let exitCode: ExitCode = EXIT.done
  const ended = (code: ExitCode): void => {
    exitCode = code
  }
  try {
    let ordered = args
    const program = createProgram(surroundings, ended, () => ordered.slice(1))
    ordered = commandFirst(args, program)
    await program.parseAsync([...ordered], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (signal.aborted) return EXIT.interrupted
    const { explainFailure } = await import('./errors/explain-failure.ts')
    const failure = explainFailure(error)
    io.err(`sapwood: ${printableLines(failure.message)}\n`)
    if (failure.exitCode === EXIT.usage) io.err('Try --help.\n')
    return failure.exitCode
  }
}

/**
 * Each command's own code is loaded when it runs: `--help` and a wrong option take no time.
 * @param rest What follows the command's name, as it was given.
 */
function createProgram(
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
  rest: () => readonly string[],
): Command {
  const { io } = surroundings
  const program = new Command('sapwood')
    .description("Bitcoin's peer-to-peer network on the command line.")
    .version(version, '-V, --version')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(printableLines(text)),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .showHelpAfterError('Try --help.')

  withCommonOptions(program.command('peer'))
    .description('open a connection and show everything that a peer shows')
    .argument('<address...>', 'host, host:port, [v6]:port, an onion or an I2P address')
    .option('-w, --watch', 'stay, and show every message, decoded, until Ctrl-C')
    .option(
      '--wait <seconds>',
      'longest wait for what need not be answered (default: 5)',
      seconds,
      DEFAULT_WAIT,
    )
    .option('--no-addresses', 'ask for no addresses')
    .action(async (addresses: string[], options: PeerOptions) => {
      const { peerCommand } = await import('./commands/peer.ts')
      ended(await peerCommand(addresses, options, surroundings))
    })

  addFetching(program, surroundings, ended)
  addRaw(program, surroundings, ended)
  addNode(program, surroundings, ended)
  addCrawl(program, surroundings, ended)
  addObserve(program, surroundings, ended)
  addOptional(program, surroundings, ended, rest)
  return program
}

/** What is fetched from peers, and checked. */
function addFetching(program: Command, surroundings: Surroundings, ended: (code: ExitCode) => void): void {
  const height = wholeNumber(0, MAX_HEIGHT)
  withRawOptions(withFetchOptions(program.command('headers')))
    .description('headers of the best chain, checked; the last ten where nothing else is said')
    .option('--from <height>', 'the first', height)
    .option('--to <height>', 'the last', height)
    .action(async (options: HeadersOptions) => {
      const { headersCommand } = await import('./commands/headers.ts')
      ended(await headersCommand(options, surroundings))
    })
  withRawOptions(withFetchOptions(program.command('block')))
    .description('a block of the best chain, checked against its header')
    .argument('<block>', 'its height or its hash')
    .action(async (block: string, options: FetchOptions & RawOptions) => {
      const { blockCommand } = await import('./commands/block.ts')
      ended(await blockCommand(block, options, surroundings))
    })
  withRawOptions(withFetchOptions(program.command('tx')))
    .description('a transaction: one that waits to be mined, or one of a block')
    .argument('<txid>')
    .option('--block <block>', 'height or hash of the block that it is in')
    .action(async (id: string, options: TxOptions) => {
      const { txCommand } = await import('./commands/tx.ts')
      ended(await txCommand(id, options, surroundings))
    })
  withFetchOptions(program.command('watch'))
    .description('what pays to scripts and spends from them, by compact filters, live')
    .argument('<script...>', 'addresses, or scripts in hexadecimal')
    .option('--from <height>', 'look at blocks from this one on; the next one otherwise', height)
    .option('--once', 'end with the best block there is')
    .action(async (scripts: string[], options: WatchOptions) => {
      const { watchCommand } = await import('./commands/watch.ts')
      ended(await watchCommand(scripts, options, surroundings))
    })
  withRawOptions(withFetchOptions(program.command('filter')))
    .description('the compact filter (BIP158) of a block, held against its header')
    .argument('<block>', 'its height or its hash')
    .action(async (block: string, options: FetchOptions & RawOptions) => {
      const { filterCommand } = await import('./commands/filter.ts')
      ended(await filterCommand(block, options, surroundings))
    })
}

/** What is sent, and what is done with bytes and messages themselves. */
function addRaw(program: Command, surroundings: Surroundings, ended: (code: ExitCode) => void): void {
  withFetchOptions(program.command('send'))
    .description('broadcast a transaction; tells who asked for it, and that it came back')
    .argument('<transaction>', 'hexadecimal, a file, or - for standard input')
    .option('--private', 'over Tor or I2P, and not a byte otherwise')
    .addOption(
      new Option('--until <outcome>', 'what is waited for')
        .choices(['announced', 'requested', 'seen', 'confirmed'])
        .default('requested'),
    )
    .action(async (transaction: string, options: SendOptions) => {
      const { sendCommand } = await import('./commands/send.ts')
      ended(await sendCommand(transaction, options, surroundings))
    })
  withCommonOptions(program.command('reach'))
    .description('what works of an address: each of its IP addresses, on v2 and on v1')
    .argument('<address...>', 'host, host:port, [v6]:port, an onion or an I2P address')
    .action(async (addresses: string[], options: CommonOptions) => {
      const { reachCommand } = await import('./commands/reach.ts')
      ended(await reachCommand(addresses, options, surroundings))
    })
  withOutputOptions(withNetworkOption(program.command('decode')))
    .description('say what bytes or an address mean: messages, blocks, block files, captures, transactions')
    .argument('<what>', 'hexadecimal, a file, - for standard input, or an address')
    .addOption(new Option('--as <kind>', 'what the bytes are').choices(KINDS))
    .option('--command <name>', 'whose payload the bytes are, with --as payload')
    .action(async (what: string, options: DecodeOptions) => {
      const { decodeCommand } = await import('./commands/decode.ts')
      ended(await decodeCommand(what, options, surroundings))
    })
  withCommonOptions(program.command('capture'))
    .description('write what a peer and we say to each other')
    .argument('<address>')
    .option('--dir <folder>', "the two files of Bitcoin Core's -capturemessages")
    .option('--pcapng <file>', 'decrypted, for Wireshark')
    .option('--for <seconds>', 'end after that time; otherwise by Ctrl-C', seconds)
    .action(async (address: string, options: CaptureOptions) => {
      const { captureCommand } = await import('./commands/capture.ts')
      ended(await captureCommand(address, options, surroundings))
    })
  withCommonOptions(program.command('replay'))
    .description('say to a peer what a capture file says, and show the answers')
    .argument('<file>', 'msgs_sent.dat of a capture')
    .argument('<address>')
    .option('--at-once', 'without the pauses that the file has')
    .option(
      '--wait <seconds>',
      'longest wait for answers to the last message (default: 5)',
      seconds,
      DEFAULT_WAIT,
    )
    .action(async (file: string, address: string, options: ReplayOptions) => {
      const { replayCommand } = await import('./commands/replay.ts')
      ended(await replayCommand(file, address, options, surroundings))
    })
}

/** A node of one's own, and what is asked of one that runs. */
function addNode(program: Command, surroundings: Surroundings, ended: (code: ExitCode) => void): void {
  program
    .command('node')
    .description("run a node; its options are Bitcoin Core's: -word=value")
    .usage('[-word[=value]...]')
    // They are Core's, and read as Core reads them.
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', () => `\n${wordsHelp()}`)
    .action(async (_: object, command: Command) => {
      const { nodeCommand } = await import('./commands/node.ts')
      ended(await nodeCommand(command.args, surroundings))
    })
  const withTarget = (command: Command): Command =>
    withNetworkOption(command)
      .option('--json', 'lines of JSON instead of text', false)
      .option('--datadir <folder>', 'the folder of the node (default: ~/.sapwood)')
      .option('--rpcconnect <host>', 'where it answers', '127.0.0.1')
      .option(
        '--rpcport <port>',
        "the port on which it answers (default: the network's)",
        wholeNumber(1, 65_535),
      )
  withTarget(program.command('rpc'))
    .description('call a method of a node that runs; `rpc help` lists them')
    .argument('<method>')
    .argument('[argument...]', 'JSON, or text')
    .action(async (method: string, given: string[], options: RpcOptions) => {
      const { rpcCommand } = await import('./commands/rpc.ts')
      ended(await rpcCommand(method, given, options, surroundings))
    })
  withTarget(program.command('netinfo'))
    .description('the peers of a node that runs')
    .action(async (options: RpcOptions) => {
      const { netinfoCommand } = await import('./commands/rpc.ts')
      ended(await netinfoCommand(options, surroundings))
    })
}

/** The whole network, politely. */
function addCrawl(program: Command, surroundings: Surroundings, ended: (code: ExitCode) => void): void {
  withCommonOptions(program.command('crawl'))
    .description('go from node to node by the addresses that they give, and say what they are')
    .option('--from <address>', 'begin here (repeatable); the DNS seeds otherwise', collected)
    .option('--data <folder>', 'keep what was visited here; the next run goes on where this one ended')
    .addOption(
      new Option('--nats <url>', 'be one of many workers, on any machines, by this NATS server').conflicts(
        'data',
      ),
    )
    .option('--worker <name>', 'with --nats: what this worker is called (host and process id otherwise)')
    .option('--snapshot', 'say in lines of JSON what is known, and visit nobody')
    .option(
      '--every <minutes>',
      `go on, and begin a round so often (${LEAST_ROUND} or more)`,
      minutes(LEAST_ROUND),
    )
    .option('--rate <dials>', 'dials a second', wholeNumber(1, 1_000), CRAWL_RATE)
    .option(
      '--connections <count>',
      'connections at the same time',
      wholeNumber(1, 10_000),
      CRAWL_CONNECTIONS,
    )
    .option('--most <count>', 'end after so many visits', wholeNumber(1, MAX_HEIGHT))
    .option('--wait <seconds>', 'longest wait for addresses (default: 5)', seconds, DEFAULT_WAIT)
    .action(async (options: CrawlCommandOptions) => {
      const { crawlCommand } = await import('./commands/crawl.ts')
      ended(await crawlCommand(options, surroundings))
    })
}

/** What peers do and say, to others. */
function addObserve(program: Command, surroundings: Surroundings, ended: (code: ExitCode) => void): void {
  withCommonOptions(program.command('observe'))
    .description("tell over NATS what peers do and say, in peer-observer's events")
    .argument('[address...]', 'nodes that are dialled')
    .requiredOption('--nats <host:port>', 'the NATS server')
    .option(
      '--listen <port>',
      'let nodes dial us on this port of 127.0.0.1 (-addnode of a bitcoind)',
      wholeNumber(0, 65_535),
    )
    .option('--for <seconds>', 'end after that time; otherwise by Ctrl-C', seconds)
    .action(async (addresses: string[], options: ObserveOptions) => {
      const { observeCommand } = await import('./commands/observe.ts')
      ended(await observeCommand(addresses, options, surroundings))
    })
}

/** What other packages offer, where they are installed. */
function addOptional(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
  rest: () => readonly string[],
): void {
  withOutputOptions(withProxyOptions(withNetworkOption(program.command('relay'))))
    .description('let nodes in web pages reach peers: WebSockets to TCP (@sapwood/integration)')
    .argument('[address...]', 'where it leads')
    .option('--public', "lead to every public address at the network's port besides")
    .option('--listen <port>', 'port, or host:port (default: a free port of 127.0.0.1)', listening, {
      port: 0,
    })
    .option('--origin <url>', 'a web page that may use it (repeatable); programs may always', collected)
    .option('--clients <count>', 'clients at a time (default: 64)', wholeNumber(1, 10_000))
    .option('--clients-of-host <count>', 'of one host (default: 16)', wholeNumber(1, 10_000))
    .option('--rate <bytes>', 'bytes a second for each client and direction', wholeNumber(1, MAX_HEIGHT))
    .option('--metrics <port>', 'port, or host:port, of a page /metrics for Prometheus', listening)
    .action(async (addresses: string[], options: RelayOptions) => {
      const { relayCommand } = await import('./commands/relay.ts')
      ended(await relayCommand(addresses, options, surroundings))
    })
  const foreign = (name: string): Command =>
    // Their options are read where they are known.
    program.command(name).usage('[options]').helpOption(false).allowUnknownOption().allowExcessArguments()
  foreign('bitcoind')
    .description('run a real bitcoind on regtest; bitcoind --help says how (@sapwood/integration)')
    .action(async () => {
      const { bitcoindCommand } = await import('./commands/bitcoind.ts')
      ended(await bitcoindCommand(rest(), surroundings))
    })
  foreign('conform')
    .description('hold a node against the protocol; conform --help says how (@sapwood/conform)')
    .action(async () => {
      const { conformCommand } = await import('./commands/conform.ts')
      ended(await conformCommand(rest(), surroundings))
    })
}
