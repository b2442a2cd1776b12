import {
  isRoutable,
  type MessageOf,
  type PeerAddress,
  ProtocolVersion,
  Services,
  type VersionAddress,
} from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { type ConnectionKind, kindBehaviour } from '../contract/connection-kind.ts'
import type { PeerOptions, VersionFacts } from '../contract/peer-options.ts'

/** What our `version` says unless told otherwise (BIP14). */
export const DEFAULT_USER_AGENT = '/sapwood:0.1.0/'
/**
 * What every private broadcast says, whoever sends it (Core, `PushNodeVersion`): it must not tell senders
 * apart.
 */
const PRIVATE_BROADCAST_USER_AGENT = '/pynode:0.0.1/'

const NO_ADDRESS: VersionAddress = { services: Services.NONE, ip: new Uint8Array(16), port: 0 }

/** Our side of the handshake, every default filled in. */
export type OwnVersion = Required<VersionFacts>

/** The facts that our `version` states on a connection of this kind. */
export function ownVersion(kind: ConnectionKind, facts: VersionFacts = {}): OwnVersion {
  if (kind === 'private-broadcast') {
    return {
      protocolVersion: ProtocolVersion.WTXID_RELAY,
      services: Services.NONE,
      userAgent: PRIVATE_BROADCAST_USER_AGENT,
      startHeight: 0,
      relay: false,
    }
  }
  const { relaysTransactions } = kindBehaviour[kind]
  return {
    protocolVersion: facts.protocolVersion ?? ProtocolVersion.CURRENT,
    services: facts.services ?? Services.WITNESS,
    userAgent: facts.userAgent ?? DEFAULT_USER_AGENT,
    startHeight: facts.startHeight ?? 0,
    relay: relaysTransactions && (facts.relay ?? true),
  }
}

/**
 * Our `version`. As in Core it carries no address of ours, and the remote's only where it is a public one
 * that was dialled directly: what a proxy hides is not to be told by us.
 */
export function versionMessage(
  own: OwnVersion,
  options: Pick<PeerOptions, 'kind' | 'address' | 'proxied'>,
  nonce: bigint,
  now: WallTime,
): MessageOf<'version'> {
  const secretive = options.kind === 'private-broadcast'
  return {
    type: 'version',
    version: own.protocolVersion,
    services: own.services,
    time: secretive ? 0 : Math.floor(now / 1_000),
    receiver: secretive || options.proxied === true ? NO_ADDRESS : receiverAddress(options.address),
    sender: NO_ADDRESS,
    nonce,
    userAgent: own.userAgent,
    startHeight: own.startHeight,
    relay: own.relay,
  }
}

function receiverAddress(address: PeerAddress | undefined): VersionAddress {
  if (address === undefined || address.network === 'name' || !isRoutable(address)) return NO_ADDRESS
  if (address.network === 'ipv6') return { services: Services.NONE, ip: address.bytes, port: address.port }
  if (address.network !== 'ipv4') return NO_ADDRESS
  const ip = new Uint8Array(16)
  ip.fill(0xff, 10, 12)
  ip.set(address.bytes, 12)
  return { services: Services.NONE, ip, port: address.port }
}
