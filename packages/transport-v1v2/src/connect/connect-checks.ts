import {
  aBigint,
  aCount,
  aLogger,
  anObjectWith,
  aNetwork,
  anything,
  aPort,
  argument,
  type ArgumentCheck,
  aSignal,
  aText,
  listOf,
  milliseconds,
  needed,
  oneOf,
  type OptionChecks,
  optionsOf,
  wholeNumber,
} from '@sapwood/wire-codec/arguments'
import { ADDRESS_SIZES, type AddressNetwork, type PeerAddress } from '@sapwood/wire-codec'
import { MAX_GARBAGE_LENGTH } from '../v2/garbage.ts'
import { MAX_CONTENTS_LENGTH } from '../v2/packet-codec.ts'
import type { AcceptOptions } from './accept-options.ts'
import type { TransportComponents } from './components.ts'
import type { ConnectOptions, ConnectTimeouts } from './connect-options.ts'
import type { TransportOptions } from './transport-options.ts'

const transportChecks: OptionChecks<TransportOptions> = {
  shortIds: anObjectWith('map of short ids (`registry.shortIds`)', ['idOf', 'commandOf']),
  shaping: anObjectWith('shaping', ['plan']),
  garbageLength: wholeNumber(0, MAX_GARBAGE_LENGTH),
  handshakeDecoys: listOf(wholeNumber(0, MAX_CONTENTS_LENGTH)),
  highWaterMark: aCount,
  sendTimeout: milliseconds,
  memory: anObjectWith('memory account', ['hold', 'take', 'give', 'room']),
}

/** Options of a connection whichever side opens it. */
export const aTransportOptions: ArgumentCheck = optionsOf<TransportOptions>(transportChecks)

/** What says in which protocol an address is spoken to. */
export const aFallback: ArgumentCheck = anObjectWith('fallback policy, as `coreFallback`', ['first', 'next'])

/** How long connecting may take. */
export const aConnectTimeouts: ArgumentCheck = optionsOf<ConnectTimeouts>({
  attempt: milliseconds,
  total: milliseconds,
})

export const aConnectOptions: ArgumentCheck = optionsOf<ConnectOptions>(
  {
    ...transportChecks,
    dialer: needed(anObjectWith('dialer, as `createTcpDialer()` makes one', ['dial'])),
    network: needed(aNetwork),
    fallback: aFallback,
    signal: aSignal,
    timeouts: aConnectTimeouts,
    services: aBigint,
    isolation: aText,
  },
  { hints: componentsOf('connect(address, options, components)') },
)

export const anAcceptOptions: ArgumentCheck = optionsOf<AcceptOptions>(
  {
    ...transportChecks,
    network: needed(aNetwork),
    protocols: listOf(oneOf('v1', 'v2')),
    signal: aSignal,
    gate: anObjectWith('handshake gate, as `createHandshakeGate()` makes one', ['enter', 'spent']),
    timeout: milliseconds,
  },
  { hints: componentsOf('accept(stream, options, components)') },
)

export const someTransportComponents: ArgumentCheck = optionsOf<TransportComponents>(
  {
    clock: anObjectWith('clock', ['now', 'wallTime', 'setTimer']),
    random: anObjectWith('source of randomness', ['bytes']),
    logger: aLogger,
    crypto: anything,
    scheduler: anObjectWith('scheduler', ['lane']),
    keys: anObjectWith('source of keys, as `createKeyPool()` makes one', ['next']),
  },
  { unknown: 'mistyped' },
)

/** Longest name of a host (RFC 1035). */
const MAX_HOST_LENGTH = 255

/** An address as the codec reads them. */
export const aPeerAddress: ArgumentCheck = (value, path) => {
  const fault = isAddressObject(value, path)
  if (fault === undefined) return aPort((value as PeerAddress).port, `${path}.port`)
  const hint =
    typeof value === 'string' ? '; parsePeerAddress of @sapwood/wire-codec reads one from text' : ''
  return `${fault}${hint}`
}

const isAddressObject = argument('an address', (value) => {
  const { network, bytes, host } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (network === 'name') return typeof host === 'string' && host !== '' && host.length <= MAX_HOST_LENGTH
  if (typeof network !== 'string' || !Object.hasOwn(ADDRESS_SIZES, network)) return false
  return ArrayBuffer.isView(bytes) && bytes.byteLength === ADDRESS_SIZES[network as AddressNetwork]
})

/** What carries bytes. */
export const aByteStream: ArgumentCheck = anObjectWith('byte stream', ['read', 'write', 'close', 'abort'])

function componentsOf(call: string): Readonly<Record<string, string>> {
  const names = ['clock', 'random', 'logger', 'crypto', 'scheduler', 'keys']
  return Object.fromEntries(names.map((name) => [name, `is one of the components: ${call}`]))
}
