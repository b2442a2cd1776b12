import {
  aBigint,
  aBoolean,
  aCount,
  aFunction,
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
  bytes,
  either,
  listOf,
  milliseconds,
  needed,
  oneOf,
  optionsOf,
  orJust,
  recordOf,
  wholeNumber,
} from '@sapwood/wire-codec/arguments'
import { aPeerAddress } from '@sapwood/transport-v1v2'
import { kindBehaviour } from './connection-kind.ts'
import type { BucketOptions, LimitOptions } from './limit-options.ts'
import type { PeerComponents, PeerOptions, PeerTimeouts, VersionFacts } from './peer-options.ts'
import type { RequestOptions } from './request-map.ts'

/** How long what may take with a peer. */
export const somePeerTimeouts: ArgumentCheck = optionsOf<PeerTimeouts>({
  handshake: milliseconds,
  pingInterval: milliseconds,
  pong: milliseconds,
  inactivity: milliseconds,
  request: milliseconds,
  addressFetch: milliseconds,
  privateBroadcast: milliseconds,
  close: milliseconds,
})

const aBucket = optionsOf<BucketOptions>({ burst: needed(aCount), perSecond: needed(aCount) })

/** What one remote may send. */
export const someLimits: ArgumentCheck = optionsOf<LimitOptions>({
  addresses: aBucket,
  work: orJust(false, aBucket),
  messages: recordOf(orJust(false, aBucket)),
  pauseAtQueuedBytes: aCount,
  maxQueuedBytes: aNumberAboveZero,
  maxQueuedRequests: wholeNumber(1),
  maxUnhandledBytes: aNumberAboveZero,
  messageQueue: wholeNumber(1),
})

/** A program's own messages. */
export const aRegistry: ArgumentCheck = anObjectWith(
  'registry, as `createRegistry(baseRegistry, codec)` makes one',
  ['codecOf', 'codecs'],
)

export const aTransport: ArgumentCheck = (value, path) => {
  if (value instanceof Promise) return `${path}: expected a transport, got a promise; await \`connect\` first`
  return anObjectWith('transport, as `connect` and `accept` give one', ['abort', 'stats'])(value, path)
}

export const somePeerOptions: ArgumentCheck = optionsOf<PeerOptions>(
  {
    id: wholeNumber(0),
    kind: needed(oneOf(...Object.keys(kindBehaviour))),
    network: needed(aNetwork),
    registry: aRegistry,
    address: aPeerAddress,
    proxied: aBoolean,
    localAddress: aText,
    permissions: listOf(aText),
    version: optionsOf<VersionFacts>({
      protocolVersion: aHeight,
      services: aBigint,
      userAgent: aText,
      startHeight: aHeight,
      relay: aBoolean,
    }),
    servicesWanted: either('service bits (a bigint), or a function that gives them', aBigint, aFunction),
    minimumVersion: aHeight,
    tolerant: aBoolean,
    timeouts: somePeerTimeouts,
    limits: someLimits,
    features: anObjectWith('Map of features', ['get', 'entries']),
    askForAddresses: aBoolean,
    preferHeaders: aBoolean,
    compactBlocks: aBoolean,
    feeFilter: aBigint,
    privateTransaction: optionsOf<NonNullable<PeerOptions['privateTransaction']>>(
      { txid: needed(bytes(32)), payload: needed(bytes()) },
      { unknown: 'mistyped' },
    ),
    signal: aSignal,
  },
  {
    hints: Object.fromEntries(
      ['clock', 'random', 'logger', 'services', 'notifications', 'ownNonces', 'scheduler'].map((name) => [
        name,
        'is one of the components: createPeer(transport, options, components)',
      ]),
    ),
  },
)

export const somePeerComponents: ArgumentCheck = optionsOf<PeerComponents>(
  {
    clock: anObjectWith('clock', ['now', 'wallTime', 'setTimer']),
    random: anObjectWith('source of randomness', ['bytes']),
    logger: aLogger,
    services: argument('an object of functions', (value) => typeof value === 'object' && value !== null),
    notifications: anObjectWith('channel, as `createChannel` makes one', ['send', 'trySend']),
    memory: anObjectWith('memory account', ['hold', 'take', 'give', 'room', 'close']),
    scheduler: anObjectWith('scheduler', ['lane']),
    ownNonces: anything,
  },
  { unknown: 'mistyped' },
)

/** Of every request. */
export const someRequestOptions: ArgumentCheck = optionsOf<RequestOptions>(
  { signal: aSignal, timeout: milliseconds },
  { unknown: 'mistyped' },
)
