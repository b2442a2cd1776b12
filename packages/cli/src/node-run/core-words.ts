/**
 * Options as bitcoind takes them: `-word=value`, `-word`, `-noword`, and the same words in a file.
 * https://github.com/bitcoin/bitcoin/blob/master/doc/bitcoin-conf.md
 * @module
 */

import { didYouMean, nearestName } from '@sapwood/wire-codec/arguments'
import { usageError } from '../errors/command-error.ts'
import { CHAINS } from '../options/chain-folders.ts'

/** What an option takes. */
type Kind = 'flag' | 'text' | 'number' | 'list'

/** The words, in the order in which `--help` has them. */
const WORDS: Readonly<Record<string, readonly [kind: Kind, help: string]>> = {
  conf: ['text', 'a file of options (default: sapwood.conf in the data folder)'],
  datadir: ['text', 'the folder of everything that is kept (default: ~/.sapwood)'],
  chain: ['text', 'main, test, testnet4, signet or regtest'],
  testnet: ['flag', '-chain=test'],
  testnet4: ['flag', '-chain=testnet4'],
  signet: ['flag', '-chain=signet'],
  regtest: ['flag', '-chain=regtest'],
  connect: ['list', 'connect to this peer and to no others'],
  addnode: ['list', 'keep a connection to this peer beside the others'],
  seednode: ['list', 'ask this peer for addresses where there are none'],
  dnsseed: ['flag', 'ask the DNS seeds (default: 1)'],
  fixedseeds: ['flag', 'use the addresses of the package where there are no others (default: 1)'],
  onlynet: ['list', 'pick addresses of this network only: ipv4, ipv6, onion, i2p, cjdns'],
  proxy: ['text', 'reach everything through this SOCKS5 proxy'],
  onion: ['text', 'reach onion services through this SOCKS5 proxy; 0: not at all'],
  i2psam: ['text', 'reach I2P through this SAM bridge'],
  cjdnsreachable: ['flag', 'this machine is part of CJDNS'],
  v2transport: ['flag', 'speak BIP324 where the remote does (default: 1)'],
  networkactive: ['flag', 'dial from the start (default: 1)'],
  listen: ['flag', 'let peers in (default: 1, 0 with -connect or -proxy)'],
  bind: ['list', 'listen on this address (default: on all)'],
  port: ['number', "listen on this port (default: the network's)"],
  externalip: ['text', 'the address that peers are told'],
  maxconnections: ['number', 'connections at most (default: 125)'],
  uacomment: ['list', 'a comment in the user agent'],
  blocksonly: ['flag', 'neither hear nor relay transactions of others'],
  prune: ['number', 'MiB of blocks that are kept, 550 at least; 0: all (default: 550)'],
  blockfilterindex: ['flag', 'build compact filters; wants -prune=0'],
  peerblockfilters: ['flag', 'serve compact filters; wants -blockfilterindex'],
  utreexo: ['flag', 'prove blocks by the Utreexo accumulator, with proofs of peers that have them'],
  utreexobridge: ['flag', 'make those proofs and serve them; wants -prune=0'],
  maxuploadtarget: ['number', 'MiB of old blocks that are served a day (default: no limit)'],
  server: ['flag', 'answer JSON-RPC (default: 1)'],
  rpcbind: ['text', 'answer on this address (default: 127.0.0.1)'],
  rpcport: ['number', "answer on this port (default: Bitcoin Core's of the network)"],
  rpcuser: ['text', 'a name that may call, beside the cookie'],
  rpcpassword: ['text', 'its password'],
  metrics: ['flag', 'show figures to Prometheus at /metrics of that port (default: 1)'],
  zmqpubhashblock: ['list', "tell of the tip's hash over ZMQ at this address (tcp://127.0.0.1:28332)"],
  zmqpubhashtx: ['list', 'tell of the ids of transactions there'],
  zmqpubrawblock: ['list', "tell of the tip's block there"],
  zmqpubrawtx: ['list', 'tell of transactions there'],
  zmqpubsequence: ['list', 'tell of blocks that come and go, and of transactions that come, there'],
  zmqpubhashblockhwm: ['number', 'messages kept for a subscriber that does not read (default: 1000)'],
  zmqpubhashtxhwm: ['number', 'the same of -zmqpubhashtx'],
  zmqpubrawblockhwm: ['number', 'the same of -zmqpubrawblock'],
  zmqpubrawtxhwm: ['number', 'the same of -zmqpubrawtx'],
  zmqpubsequencehwm: ['number', 'the same of -zmqpubsequence'],
  debug: ['list', 'log details; net'],
  printtoconsole: ['flag', 'log to standard output (default: 1 where that is no terminal)'],
}

/** What a file cannot say: it is found by them. */
const NOT_IN_FILES: readonly string[] = ['conf', 'datadir']
const SECTIONS: readonly string[] = Object.values(CHAINS).map(({ section }) => section)

/** Values by word, those of the command line before those of a file. */
export type Words = ReadonlyMap<string, readonly string[]>

/** Reads what follows `sapwood node`. @throws CommandError */
export function readArguments(args: readonly string[]): Words {
  const words = new Map<string, string[]>()
  for (const argument of args) {
    const found = /^--?([a-z0-9]+)(?:=(.*))?$/s.exec(argument)
    if (found === null) throw usageError(`'${argument}' is no option: they look like -word or -word=value`)
    add(words, found[1]!, found[2], `-${found[1]!}`)
  }
  return words
}

/**
 * Reads a file of options, of which a section counts only for its chain.
 * @throws CommandError with the line.
 */
export function readConfig(text: string, section: string, file: string): Words {
  const words = new Map<string, string[]>()
  let isOurs = true
  text.split(/\r?\n/).forEach((line, index) => {
    const bare = line.replace(/#.*$/, '').trim()
    if (bare === '') return
    const place = `${file}, line ${index + 1}`
    const head = /^\[(.*)\]$/.exec(bare)
    if (head !== null) {
      refuseSection(head[1]!, place)
      isOurs = head[1] === section
      return
    }
    const found = /^(?:([a-z0-9]+)\.)?([a-z0-9]+)\s*=\s*(.*)$/.exec(bare)
    if (found === null) throw usageError(`${place}: not of the form word=value`)
    if (found[1] !== undefined) refuseSection(found[1], place)
    if (NOT_IN_FILES.includes(found[2]!))
      throw usageError(`${place}: '${found[2]!}' counts on the command line alone`)
    if (found[2] === 'rpcpassword' && line.includes('#'))
      throw usageError(`${place}: a password with # can be read in two ways, take another`)
    if (!isOurs || (found[1] !== undefined && found[1] !== section)) return
    const isList = Object.hasOwn(WORDS, found[2]!) && WORDS[found[2]!]![0] === 'list'
    // Of what counts once, the first line of a file does, as the last on a command line.
    if (isList || !words.has(found[2]!)) add(words, found[2]!, found[3], place)
  })
  return words
}

/** What stands below a name that no chain has would never count. */
function refuseSection(name: string, place: string): void {
  if (!SECTIONS.includes(name)) throw usageError(`${place}: there is no section '${name}'`)
}

function add(words: Map<string, string[]>, given: string, value: string | undefined, place: string): void {
  const isNegated = !(given in WORDS) && given.startsWith('no') && given.slice(2) in WORDS
  const word = isNegated ? given.slice(2) : given
  const kind = Object.hasOwn(WORDS, word) ? WORDS[word]![0] : undefined
  if (kind === undefined) {
    const hint = didYouMean(nearestName(given, Object.keys(WORDS)))
    throw usageError(`${place}: there is no option '${given}'${hint}`)
  }
  if (isNegated) {
    // -nolisten is -listen=0; -noconnect is none of them.
    words.set(word, value === '0' ? ['1'] : kind === 'list' ? [] : ['0'])
    return
  }
  if (value === undefined && kind !== 'flag') throw usageError(`${place}: '${word}' wants a value`)
  words.set(word, [...(words.get(word) ?? []), value ?? '1'])
}

/** The two together: the command line wins, and lists are joined. */
export function joined(first: Words, second: Words): Words {
  const all = new Map(second)
  for (const [word, values] of first) {
    // None of them (-noconnect) is none of the file's, too.
    const isList = WORDS[word]![0] === 'list' && values.length > 0
    all.set(word, isList ? [...values, ...(second.get(word) ?? [])] : values)
  }
  return all
}

/** The part of `sapwood node --help` that lists the words. */
export function wordsHelp(): string {
  const width = Math.max(...Object.keys(WORDS).map((word) => word.length)) + 3
  return Object.entries(WORDS)
    .map(([word, [, help]]) => `  ${`-${word}`.padEnd(width)}${help}`)
    .join('\n')
}
