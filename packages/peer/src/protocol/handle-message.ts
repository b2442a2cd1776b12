import { ByteReader, type Message } from '@sapwood/wire-codec'
import type { PeerServices, ServedType } from '../contract/peer-services.ts'
import type { MessageMap } from './message-map.ts'
import type { Arrival, ProtocolContext } from './protocol-context.ts'

type Handler<Type extends keyof MessageMap> = (
  protocol: ProtocolContext,
  message: MessageMap[Type],
  arrival: Arrival,
) => void
type Handlers = { readonly [Type in keyof MessageMap]: Handler<Type> }

/** Handles a message that the rules have let through. */
export function handleMessage<Type extends keyof MessageMap>(
  protocol: ProtocolContext,
  message: MessageMap[Type] & Message,
  arrival: Arrival,
): void {
  protocol.output.emit('message', { message, at: arrival.at })
  const type: Type = message.type
  handlers[type](protocol, message, arrival)
}

/** For the owner to handle. */
const handOn = (protocol: ProtocolContext, message: Message, { payload, askedBy }: Arrival): void => {
  const unrequested = askedBy === 'none'
  protocol.output.deliver({ type: 'message', message, payload, unrequested })
}

/** A reply: to its request, which has taken it, or to the owner. */
const reply = (protocol: ProtocolContext, message: Message, arrival: Arrival): void => {
  if (arrival.askedBy === 'request' || arrival.askedBy === 'abandoned') return
  if (arrival.askedBy === 'none') protocol.output.emit('unrequested', { message })
  handOn(protocol, message, arrival)
}

/** An announcement or a request that is the owner's to handle; nobody could have asked for it. */
const announce = (protocol: ProtocolContext, message: Message, { payload }: Arrival): void => {
  protocol.output.deliver({ type: 'message', message, payload, unrequested: false })
}

/** A request of the remote that the owner's services answer, in its turn. */
const serve = (
  protocol: ProtocolContext,
  { type }: { readonly type: ServedType },
  { payload }: Arrival,
): void => protocol.output.serve(type, payload)

/**
 * A request that the owner's services answer where they offer that, and that is the owner's to handle where
 * they do not.
 */
const serveOrHandOn =
  (service: keyof PeerServices) =>
  (protocol: ProtocolContext, message: Message & { readonly type: ServedType }, arrival: Arrival): void => {
    if (protocol.serves(service)) serve(protocol, message, arrival)
    else announce(protocol, message, arrival)
  }

const nothing = (): void => undefined

const addresses = (
  protocol: ProtocolContext,
  message: MessageMap['addr'] | MessageMap['addrv2'],
  { payload, at }: Arrival,
): void => {
  // An inbound remote takes part in address relay by showing that it does (Core, `SetupAddressRelay`).
  protocol.record.addressRelayEnabled = true
  const { addressLimit } = protocol
  // What is beyond the rate is not decoded: the count stands at the head of the payload.
  const addressCount = new ByteReader(payload).compactSize()
  const allowed = addressLimit.allow(addressCount, at)
  const admitted = allowed === 0 ? [] : addressLimit.choose(message.addresses, allowed)
  if (allowed < addressCount) protocol.output.emit('addressesLimited', { dropped: addressCount - allowed })
  const answered = protocol.requests.topics.addresses.receive(admitted)
  const taken: Message = { type: message.type, addresses: admitted }
  protocol.output.deliver({ type: 'message', message: taken, payload, unrequested: !answered, addressCount })
  // One address is the remote's own announcement; more are what we came for (Core, `ProcessAddrs`).
  if (protocol.kind === 'addr-fetch' && addressCount > 1) {
    protocol.end({ code: 'purpose-met', blame: 'none', purpose: 'addr-fetch' })
  }
}

/** One handler for each message: a new message without one does not compile. */
const handlers: Handlers = {
  version: ({ handshake }, message, { at }) => handshake.versionReceived(message, at),
  verack: ({ handshake, privateBroadcast }, _, { at }) => {
    handshake.verackReceived(at)
    privateBroadcast?.announce()
  },
  wtxidrelay: ({ handshake: { negotiation } }) => {
    negotiation.wtxidRelay = true
  },
  sendaddrv2: ({ handshake: { negotiation } }) => {
    negotiation.addrv2 = true
  },
  feature: ({ handshake: { negotiation } }, message) => negotiation.featureReceived(message),
  sendheaders: (protocol, message, arrival) => {
    protocol.record.prefersHeaders = true
    announce(protocol, message, arrival)
  },
  sendcmpct: (protocol, message, arrival) => {
    protocol.record.compactHighBandwidthFrom = message.announce
    announce(protocol, message, arrival)
  },
  feefilter: (protocol, message, arrival) => {
    protocol.record.feeFilter = message.feeRate
    announce(protocol, message, arrival)
  },
  ping: (protocol, { nonce }) => {
    if (nonce !== undefined) protocol.output.sendInTurn({ type: 'pong', nonce })
  },
  pong: (protocol, { nonce }, { at }) => {
    const answered = protocol.keepAlive.pong(nonce, at)
    if (answered === undefined) return
    protocol.output.emit('ping', { roundTrip: answered.roundTrip })
    protocol.requests.topics.pings.answered(answered.nonce, answered.roundTrip)
    if (protocol.privateBroadcast?.taken(answered.nonce) === true) {
      protocol.end({ code: 'purpose-met', blame: 'none', purpose: 'private-broadcast' })
    }
  },
  addr: addresses,
  addrv2: addresses,
  getaddr: (protocol, message, arrival) => {
    protocol.addressesServed = true
    protocol.record.addressRelayEnabled = true
    serve(protocol, message, arrival)
  },
  inv: (protocol, message, arrival) => {
    protocol.requests.topics.mempool.receive(message)
    announce(protocol, message, arrival)
  },
  getdata: (protocol, message, arrival) => {
    if (protocol.privateBroadcast === undefined) serve(protocol, message, arrival)
    else protocol.privateBroadcast.hand(arrival.at)
  },
  notfound: reply,
  getblocks: serve,
  getheaders: serve,
  headers: (protocol, message, arrival) => {
    // Headers that nobody asked for are how blocks are announced: not a reply without a request.
    if (arrival.askedBy !== 'request' && arrival.askedBy !== 'abandoned') handOn(protocol, message, arrival)
  },
  block: reply,
  tx: (protocol, message, arrival) => {
    protocol.record.lastTransaction = arrival.at
    reply(protocol, message, arrival)
  },
  mempool: serve,
  merkleblock: announce,
  filterload: announce,
  filteradd: announce,
  filterclear: announce,
  cmpctblock: announce,
  getblocktxn: serve,
  blocktxn: reply,
  getcfilters: serve,
  cfilter: reply,
  getcfheaders: serve,
  cfheaders: reply,
  getcfcheckpt: serve,
  cfcheckpt: reply,
  getuproof: serveOrHandOn('utreexoProof'),
  uproof: reply,
  uttls: reply,
  getuttls: announce,
  usummary: announce,
  utreexotx: announce,
  uroot: reply,
  geturoot: serveOrHandOn('utreexoRoots'),
  unknown: announce,
  // Ignored in every state by the table.
  sendtxrcncl: nothing,
  reject: nothing,
  alert: nothing,
  reqrecon: nothing,
  sketch: nothing,
  reqsketchext: nothing,
  reconcildiff: nothing,
}
