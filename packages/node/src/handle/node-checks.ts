import { aConnectTimeouts, aFallback, aTransportOptions } from '@sapwood/transport-v1v2'
import { aRegistry, someLimits, somePeerTimeouts } from '@sapwood/peer'
import { type GossipedAddress, MAX_MONEY, MAX_USER_AGENT_LENGTH } from '@sapwood/wire-codec'
import {
  aBigint,
  aBoolean,
  aCount,
  aFunction,
  aHash,
  aHeader,
  aHeight,
  aLogger,
  aNetwork,
  aNumberAboveZero,
  anObjectWith,
  anything,
  argument,
  type ArgumentCheck,
  aSignal,
  aText,
  aTransaction,
  bytes,
  either,
  listOf,
  milliseconds,
  needed,
  oneOf,
  optionsOf,
  orJust,
} from '@sapwood/wire-codec/arguments'
import type { BlockDownloadOptions } from '../blocks/block-download-options.ts'
import type { ChainCheckpoint } from '../chain/chain-checkpoint.ts'
import { OFFERED, type ServiceOffer } from '../connections/service-table.ts'
import type { SlotOptions } from '../connections/slots.ts'
import { BROADCAST_OUTCOMES, type BroadcastOptions } from '../transactions/own-broadcast.ts'
import type { FilterPosition } from '../filters/filtered-block-item.ts'
import type { TransactionFilter } from '../transactions/transaction-pool.ts'
import type { TransactionRelayOptions } from '../transactions/transaction-relay.ts'
import type { UtreexoOptions } from '../utreexo/utreexo-options.ts'
import type { CallOptions } from './node-handle.ts'
import type { NodeComponents, NodeOptions, NodeTimeouts } from './node-options.ts'

/** Text, or an object that `readAddress` looks at. */
const anAddress = either(
  "an address, as '127.0.0.1:8333'",
  aText,
  argument('', (value) => typeof value === 'object' && value !== null && 'port' in value),
)
const addresses = listOf(anAddress)

/** Bits that a `version` has room for. */
const aServiceSet: ArgumentCheck = (value, path) => aBigint(value, path) ?? inSixtyFourBits(value, path)
const inSixtyFourBits = argument(
  'service bits, of which there are 64',
  (value) => BigInt.asUintN(64, value as bigint) === value,
)
/** What a `feefilter` has room for. */
const anAmount: ArgumentCheck = (value, path) => aBigint(value, path) ?? withinAllMoney(value, path)
const withinAllMoney = argument(
  `satoshi, 0 to ${MAX_MONEY}`,
  (value) => (value as bigint) >= 0n && (value as bigint) <= MAX_MONEY,
)
/** BIP14, as a `version` may have it. */
const aUserAgent = argument(
  `a text of at most ${MAX_USER_AGENT_LENGTH} characters, each of one byte (Latin-1)`,
  (value) => typeof value === 'string' && value.length <= MAX_USER_AGENT_LENGTH && !/[^\0-\xff]/.test(value),
)
const aNumberFromOne = argument('a number, 1 or more', (value) => typeof value === 'number' && value >= 1)

/** The proxy's dialer looks at what is in it. */
const aProxy = argument(
  "an object, as { host: '127.0.0.1', port: 9050 }",
  (value) => typeof value === 'object' && value !== null,
)

const optionHints: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    (
      [
        'clock',
        'random',
        'dialer',
        'resolver',
        'logger',
        'store',
        'listeners',
        'metrics',
        'blockChecker',
      ] satisfies (keyof NodeComponents)[]
    ).map((name) => [name, 'is one of the components: createNode(options, components)']),
  ),
  addNode: 'is called `addPeers`',
  addnode: 'is called `addPeers`',
  peers: 'is called `connect` (only these) or `addPeers` (these besides others)',
  listen: 'is a component: createNode(options, { listeners: [createTcpListener({ port })] })',
  port: 'is a component: createNode(options, { listeners: [createTcpListener({ port })] })',
  maxConnections: 'is called `slots`, for each kind of connection',
  datadir: 'is a component: createNode(options, { store: await openStore(folder) })',
}

export const someNodeOptions: ArgumentCheck = optionsOf<NodeOptions>(
  {
    network: needed(aNetwork),
    registry: aRegistry,
    userAgent: aUserAgent,
    services: aServiceSet,
    servicesWanted: aServiceSet,
    connect: addresses,
    addPeers: addresses,
    seedNodes: addresses,
    dnsSeeds: orJust(false, listOf(aText)),
    fixedSeeds: aBoolean,
    slots: optionsOf<SlotOptions>({
      fullRelay: aCount,
      blockRelayOnly: aCount,
      manual: aCount,
      inbound: aCount,
      feelers: aBoolean,
      dials: aCount,
    }),
    fallback: aFallback,
    transport: aTransportOptions,
    limits: someLimits,
    timeouts: optionsOf<NodeTimeouts>({
      connect: aConnectTimeouts,
      peer: somePeerTimeouts,
      call: milliseconds,
      stop: milliseconds,
    }),
    networkActive: aBoolean,
    minimumChainWork: aBigint,
    checkpoint: optionsOf<ChainCheckpoint>({
      height: needed(aHeight),
      header: needed(aHeader),
      chainWork: needed(aBigint),
    }),
    blocks: optionsOf<BlockDownloadOptions>({
      window: aNumberFromOne,
      bufferBytes: aCount,
      inFlightPerPeer: aNumberFromOne,
    }),
    transactions: optionsOf<TransactionRelayOptions>({
      listen: aBoolean,
      poolBytes: aCount,
      feeFilter: anAmount,
    }),
    relayTransactions: aBoolean,
    filters: aBoolean,
    utreexo: orJust(
      true,
      orJust(
        false,
        optionsOf<UtreexoOptions>({
          assume: anything,
          checkHistory: aBoolean,
          validateScripts: aFunction,
          window: aCount,
          proofTimeout: milliseconds,
        }),
      ),
    ),
    memoryLimit: aNumberAboveZero,
    saveInterval: milliseconds,
    relay: aText,
    proxy: aProxy,
    onion: orJust(false, aProxy),
    i2p: argument('an object, {} for the usual port', (value) => typeof value === 'object' && value !== null),
    cjdns: aBoolean,
    onlyNet: listOf(oneOf('ipv4', 'ipv6', 'onion', 'i2p', 'cjdns', 'yggdrasil')),
  },
  { hints: optionHints },
)

/** What answers peers; what else the object has is its own affair. */
const someServices: ArgumentCheck = (value, path) => {
  if (typeof value !== 'object' || value === null) return aFunctionsObject(value, path)
  for (const name of OFFERED) {
    const answer = (value as Readonly<Record<string, unknown>>)[name]
    const fault = answer === undefined ? undefined : aFunction(answer, `${path}.${name}`)
    if (fault !== undefined) return fault
  }
  return undefined
}
const aFunctionsObject = argument('an object of functions', () => false)

/** Of `serving.offer`. */
export const anOffer: ArgumentCheck = optionsOf<ServiceOffer>(
  { services: needed(someServices), bits: needed(aFunction), isReady: aFunction },
  { unknown: 'mistyped' },
)

export const someNodeComponents: ArgumentCheck = optionsOf<NodeComponents>(
  {
    clock: anObjectWith('clock', ['now', 'wallTime', 'setTimer']),
    random: anObjectWith('source of randomness', ['bytes']),
    dialer: anObjectWith('dialer', ['dial']),
    resolver: anObjectWith('resolver', ['resolve']),
    logger: aLogger,
    store: (value, path) => {
      const hint = value instanceof Promise ? '; await openStore(…) first' : ''
      const fault = anObjectWith('store, as `openStore` opens one', ['namespace'])(value, path)
      return fault && `${fault}${hint}`
    },
    listeners: listOf(anObjectWith('listener, as `createTcpListener()` makes one', ['listen'])),
    metrics: argument('an object of collectors', (value) => typeof value === 'object' && value !== null),
    blockChecker: anything,
    blockStore: (value, path) => {
      const hint = value instanceof Promise ? '; await openBlockStore(…) first' : ''
      const fault = anObjectWith('store of blocks', ['has', 'get', 'append', 'stored'])(value, path)
      return fault && `${fault}${hint}`
    },
    services: someServices,
  },
  { unknown: 'mistyped' },
)

/** Of every call that waits for the network. */
export const someCallOptions: ArgumentCheck = optionsOf<CallOptions>(
  { signal: aSignal, timeout: milliseconds },
  { unknown: 'mistyped' },
)

export const aBlockHash: ArgumentCheck = aHash('blockHashFromHex')
export const aTxid: ArgumentCheck = aHash('txidFromHex')
export { aHeight, aTransaction }

/** Of a broadcast to all. */
export const someBroadcastOptions: ArgumentCheck = optionsOf<CallOptions & BroadcastOptions>({
  signal: aSignal,
  timeout: milliseconds,
  feeRate: anAmount,
  until: oneOf(...BROADCAST_OUTCOMES.slice(1)),
})

/** A `time` of 32 bits. */
const aTime = argument(
  'seconds since 1970, in 32 bits',
  (value) => typeof value === 'number' && value >= 0 && value < 2 ** 32,
)
/** Addresses with what is told of them; the address itself is `readAddress`'s to look at. */
export const someGossip: ArgumentCheck = listOf(
  optionsOf<GossipedAddress>(
    { address: needed(anything), services: needed(aServiceSet), time: needed(aTime) },
    { unknown: 'mistyped' },
  ),
)

/** `scriptPubKey`s. */
export const someScripts: ArgumentCheck = listOf(bytes())

/** Where a stream of filtered blocks begins. */
export const aFilterPosition: ArgumentCheck = either(
  'a height, or the position of an earlier stream',
  aHeight,
  optionsOf<FilterPosition>({
    height: needed(aHeight),
    hash: needed(aBlockHash),
    filterHeader: bytes(),
  }),
)

export const aTransactionFilter: ArgumentCheck = optionsOf<TransactionFilter>({
  scripts: someScripts,
  txids: listOf(aTxid),
})
