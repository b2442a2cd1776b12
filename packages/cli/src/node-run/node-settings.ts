import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import type { ReachOptions, SlotOptions } from '@sapwood/node'
import {
  DEFAULT_ZMQ_HIGH_WATER_MARK,
  ZMQ_TOPICS,
  type ZmqNotifier,
  type ZmqTopic,
} from '@sapwood/publish/zmq'
import type { BlocksToKeep } from '@sapwood/storage'
import { type Network, type NetworkAddress, networkByName, parsePeerAddress } from '@sapwood/wire-codec'
import { DEFAULT_MAX_CONNECTIONS } from '@sapwood/transport-v1v2/tcp'
import { usageError } from '../errors/command-error.ts'
import { CHAINS } from '../options/chain-folders.ts'
import { defaultDataFolder } from '../options/default-data-folder.ts'
import { type Endpoint, endpoint, SAM_PORT, TOR_PORT } from '../options/endpoint.ts'
import { joined, readArguments, readConfig, type Words } from './core-words.ts'

const MIB = 1024 * 1024
/**
 * Least that can be kept (Core, `MIN_DISK_SPACE_FOR_BLOCK_FILES`), in MiB; what is kept without an option.
 */
const MIN_PRUNE = 550
/** Outbound connections of all kinds that Core takes out of `-maxconnections` first (8, 2 and a feeler). */
const OUTBOUND = 11
const ONLY_NETWORKS = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'] as const
type OnlyNetwork = (typeof ONLY_NETWORKS)[number]

/** What a node is to be, read out of its words. */
export interface NodeSettings {
  readonly network: Network
  /** Of this chain. */
  readonly folder: string
  readonly connect?: readonly string[]
  readonly addNodes: readonly string[]
  readonly seedNodes: readonly string[]
  readonly dnsSeed: boolean
  readonly fixedSeeds: boolean
  readonly reach: ReachOptions
  readonly v2: boolean
  readonly networkActive: boolean
  /** Where it listens; nowhere where there are none. */
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  readonly externalIp?: NetworkAddress
  readonly slots: SlotOptions
  readonly userAgentComments: readonly string[]
  readonly blocksOnly: boolean
  readonly keep: BlocksToKeep
  readonly filterIndex: boolean
  /** Prove blocks, by proofs of others. */
  readonly utreexo: boolean
  /** Make proofs, and serve them. */
  readonly utreexoBridge: boolean
  readonly serveFilters: boolean
  /** Bytes a day. */
  readonly uploadTarget?: number
  readonly rpc?: { readonly host: string; readonly port: number; readonly passwords: readonly string[] }
  /** What is told over ZMQ, and where. */
  readonly zmq: readonly ZmqNotifier[]
  readonly metrics: boolean
  readonly debug: boolean
  readonly printToConsole?: boolean
  readonly proxies: { readonly ip?: string; readonly onion?: string }
}

/** Reads the command line and the file that it leads to. @throws CommandError */
export async function readNodeSettings(args: readonly string[]): Promise<NodeSettings> {
  const given = readArguments(args)
  const data = resolve(last(given, 'datadir') ?? defaultDataFolder())
  const named = last(given, 'conf')
  const file = resolve(data, named ?? 'sapwood.conf')
  let text = ''
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // One that was not asked for need not be; but one that is there counts.
    if (named !== undefined || (code !== 'ENOENT' && code !== 'ENOTDIR'))
      throw usageError(`-conf: ${message}`, error)
  }
  // The chain may stand in the file, outside its sections; which sections count depends on it.
  const network = networkOf(joined(given, readConfig(text, '', file)))
  const words = joined(given, readConfig(text, CHAINS[network.name].section, file))
  return settingsOf(words, network, join(data, CHAINS[network.name].folder))
}

function settingsOf(words: Words, network: Network, folder: string): NodeSettings {
  const connect = words.get('connect')
  const proxy = socks(words, 'proxy')
  const onion = last(words, 'onion') === '0' ? false : socks(words, 'onion')
  const i2p = last(words, 'i2psam')
  const listens = flag(words, 'listen', connect === undefined && proxy === undefined)
  const port = number(words, 'port', network.defaultPort, 0, 65_535)
  const hosts = words.get('bind') ?? [everywhere()]
  const external = last(words, 'externalip')
  const upload = last(words, 'maxuploadtarget')
  const filterIndex = flag(words, 'blockfilterindex', false)
  const serveFilters = flag(words, 'peerblockfilters', false)
  const keep = keepOf(number(words, 'prune', MIN_PRUNE, 0, Number.MAX_SAFE_INTEGER / MIB))
  if (serveFilters && !filterIndex) throw usageError('-peerblockfilters wants -blockfilterindex')
  if (filterIndex && keep !== 'all')
    throw usageError('-blockfilterindex wants -prune=0: it is built from all blocks')
  const bridge = flag(words, 'utreexobridge', false)
  if (bridge && keep !== 'all') throw usageError('-utreexobridge wants -prune=0: it is built from all blocks')
  const onlyNet = (words.get('onlynet') ?? []).map(onlyNetwork)
  const user = last(words, 'rpcuser')
  const password = last(words, 'rpcpassword')
  if ((user === undefined) !== (password === undefined))
    throw usageError('-rpcuser and -rpcpassword go together')
  const proxyText = last(words, 'proxy')
  const onionText = last(words, 'onion')
  const printToConsole = last(words, 'printtoconsole')
  return {
    network,
    folder,
    ...(connect !== undefined && { connect: connect.filter((text) => text !== '0') }),
    addNodes: words.get('addnode') ?? [],
    seedNodes: words.get('seednode') ?? [],
    dnsSeed: flag(words, 'dnsseed', connect === undefined),
    fixedSeeds: flag(words, 'fixedseeds', connect === undefined),
    reach: {
      ...(proxy !== undefined && { proxy }),
      ...(onion !== undefined && { onion }),
      ...(i2p !== undefined && { i2p: { sam: parsed('i2psam', i2p, endpoint(SAM_PORT)) } }),
      cjdns: flag(words, 'cjdnsreachable', false),
      ...(onlyNet.length > 0 && { onlyNet }),
    },
    v2: flag(words, 'v2transport', true),
    networkActive: flag(words, 'networkactive', true),
    listen: listens ? hosts.map((host) => addressOf('bind', host, port)) : [],
    ...(external !== undefined && { externalIp: externalOf(external, port) }),
    slots: slotsOf(number(words, 'maxconnections', DEFAULT_MAX_CONNECTIONS, 0, 10_000)),
    userAgentComments: words.get('uacomment') ?? [],
    blocksOnly: flag(words, 'blocksonly', false),
    keep,
    filterIndex,
    serveFilters,
    utreexo: flag(words, 'utreexo', false),
    utreexoBridge: bridge,
    ...(upload !== undefined &&
      upload !== '0' && { uploadTarget: number(words, 'maxuploadtarget', 0, 1, 1e9) * MIB }),
    ...(flag(words, 'server', true) && {
      rpc: {
        ...addressOf(
          'rpcbind',
          last(words, 'rpcbind') ?? '127.0.0.1',
          number(words, 'rpcport', CHAINS[network.name].rpcPort, 0, 65_535),
        ),
        passwords: user === undefined ? [] : [`${user}:${password ?? ''}`],
      },
    }),
    zmq: ZMQ_TOPICS.flatMap((topic) => zmqOf(words, topic)),
    metrics: flag(words, 'metrics', true),
    debug: (words.get('debug') ?? []).some((category) => category !== '0' && category !== 'none'),
    ...(printToConsole !== undefined && { printToConsole: flag(words, 'printtoconsole', true) }),
    proxies: {
      ...(proxyText !== undefined && { ip: proxyText }),
      ...(onionText !== undefined && onionText !== '0' && { onion: onionText }),
    },
  }
}

function zmqOf(words: Words, topic: ZmqTopic): readonly ZmqNotifier[] {
  const word = `zmqpub${topic}`
  const highWaterMark = number(words, `${word}hwm`, DEFAULT_ZMQ_HIGH_WATER_MARK, 0, 0x7fffffff)
  return (words.get(word) ?? []).map((address) => ({ topic, address, highWaterMark }))
}

/** Of a word that counts once: the last that was given (a file gives one). */
function last(words: Words, word: string): string | undefined {
  return words.get(word)?.at(-1)
}

function flag(words: Words, word: string, absent: boolean): boolean {
  const value = last(words, word)
  if (value === undefined) return absent
  if (value === '0' || value === '1') return value === '1'
  throw usageError(`-${word} takes 0 or 1, not '${value}'`)
}

function number(words: Words, word: string, absent: number, least: number, most: number): number {
  const text = last(words, word)
  if (text === undefined) return absent
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw usageError(`-${word} takes a whole number from ${least}, not '${text}'`)
}

function networkOf(words: Words): Network {
  const names = (['testnet', 'testnet4', 'signet', 'regtest'] as const).filter((word) =>
    flag(words, word, false),
  )
  const chain = last(words, 'chain')
  if (names.length + (chain === undefined ? 0 : 1) > 1) {
    throw usageError('one chain at most can be named: -chain, -testnet, -testnet4, -signet or -regtest')
  }
  const name = chain ?? names[0] ?? 'main'
  try {
    return networkByName(name === 'test' || name === 'testnet' ? 'testnet3' : name)
  } catch (error) {
    throw usageError(`-chain: there is no chain '${name}'`, error)
  }
}

function keepOf(mebibytes: number): BlocksToKeep {
  if (mebibytes === 0) return 'all'
  if (mebibytes < MIN_PRUNE) throw usageError(`-prune keeps ${MIN_PRUNE} MiB at least, or 0 for all`)
  return { bytes: mebibytes * MIB }
}

function slotsOf(most: number): SlotOptions {
  if (most >= OUTBOUND) return { inbound: most - OUTBOUND }
  return { inbound: 0, fullRelay: most, blockRelayOnly: 0, feelers: false }
}

function socks(words: Words, word: string): Endpoint | undefined {
  const text = last(words, word)
  return text === undefined || text === '0' ? undefined : parsed(word, text, endpoint(TOR_PORT))
}

function parsed<T>(word: string, text: string, read: (text: string) => T): T {
  try {
    return read(text)
  } catch (error) {
    throw usageError(`-${word}: ${error instanceof Error ? error.message : ''}`, error)
  }
}

/** Where all of a machine's addresses are listened on: a socket of IPv6 takes IPv4 too. */
function everywhere(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ family }) => family === 'IPv6') ? '[::]' : '0.0.0.0'
}

/** An address of this machine, with its port or with one that is said elsewhere (0: any that is free). */
function addressOf(
  word: string,
  text: string,
  port: number,
): { readonly host: string; readonly port: number } {
  const at = parsed(word, /^[^[]*:.*:/.test(text) ? `[${text}]` : text, endpoint(port === 0 ? 1 : port))
  if ('path' in at) throw usageError(`-${word} takes an address`)
  return port === 0 && at.port === 1 ? { ...at, port: 0 } : at
}

function externalOf(text: string, defaultPort: number): NetworkAddress {
  const address = parsed('externalip', text, (each) => parsePeerAddress(each, { defaultPort }))
  if (address.network === 'name') throw usageError('-externalip takes an address, not a name')
  return address
}

function onlyNetwork(text: string): OnlyNetwork {
  const found = ONLY_NETWORKS.find((name) => name === text)
  if (found === undefined) throw usageError(`-onlynet takes ${ONLY_NETWORKS.join(', ')}, not '${text}'`)
  return found
}
