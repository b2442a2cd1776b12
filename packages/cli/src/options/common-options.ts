import { type Network, networks } from '@sapwood/wire-codec'
import { type Command, Option } from 'commander'
import { type Endpoint, endpoint, SAM_PORT, TOR_PORT } from './endpoint.ts'
import { networkOption } from './network-option.ts'
import { seconds } from './read-option.ts'

/** Milliseconds until a connection stands, where `--timeout` says nothing. */
const DEFAULT_TIMEOUT = 30_000

/** How results are given. */
export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
}

/** How a remote is reached: those of every command that dials. */
export interface CommonOptions extends OutputOptions {
  readonly network: Network
  readonly proxy?: Endpoint
  readonly onion?: Endpoint
  readonly i2p?: Endpoint
  /** Speak v1 and nothing else. */
  readonly v1?: true
  /** Speak v2 and nothing else. */
  readonly v2?: true
  /** Milliseconds for one thing that is waited for. */
  readonly timeout: number
}

/** The options of the output. */
export function withOutputOptions(command: Command): Command {
  return command
    .option('--json', 'lines of JSON instead of text', false)
    .option('-q, --quiet', 'no progress on standard error', false)
}

/** `--network`. */
export function withNetworkOption(command: Command): Command {
  return command.addOption(
    new Option('-n, --network <name>', 'main, testnet3, testnet4, signet or regtest')
      .argParser(networkOption)
      .default(networks.main, 'main'),
  )
}

/** The options that every command has which dials. */
export function withCommonOptions(command: Command): Command {
  withProxyOptions(withNetworkOption(command))
    .addOption(new Option('--v1', 'speak v1, unencrypted').conflicts('v2'))
    .addOption(new Option('--v2', 'speak v2 (BIP324), and not v1 where that fails'))
    .option('--timeout <seconds>', 'longest wait for one thing (default: 30)', seconds, DEFAULT_TIMEOUT)
  return withOutputOptions(command)
}

/** By which way remotes are reached. */
export function withProxyOptions(command: Command): Command {
  return command
    .option(
      '--proxy <host:port>',
      'go through this SOCKS5 proxy; names are resolved there',
      endpoint(TOR_PORT),
    )
    .option('--onion <host:port>', 'go to onion services through this SOCKS5 proxy', endpoint(TOR_PORT))
    .option('--i2p <host:port>', 'go to I2P addresses through this SAM bridge', endpoint(SAM_PORT))
}
