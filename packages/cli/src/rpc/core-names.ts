/**
 * Where Bitcoin Core's words are others than ours.
 * https://github.com/bitcoin/bitcoin/blob/master/src/rpc/net.cpp
 * @module
 */

import type { ConnectionKind } from '@sapwood/peer'
import {
  type AddressNetwork,
  isRoutable,
  type Network,
  type NetworkName,
  type PeerAddress,
} from '@sapwood/wire-codec'
import { coins } from '../messages/transaction-view.ts'

/** Core's `-chain` names. */
const CHAINS: Readonly<Record<NetworkName, string>> = {
  main: 'main',
  testnet3: 'test',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
}

/** The networks that Core lists, in its order. */
export const CORE_NETWORKS: readonly AddressNetwork[] = ['ipv4', 'ipv6', 'torv3', 'i2p', 'cjdns']

/** `GetNetworkName`. */
export function networkName(network: AddressNetwork): string {
  return network === 'torv3' ? 'onion' : network
}

/** Core's name of a chain. */
export function chainName({ name }: Network): string {
  return CHAINS[name]
}

/**
 * `CNode::ConnectedThroughNetwork`, as `getpeerinfo` names it.
 * @param address Absent behind an onion service.
 */
export function throughNetwork(address: PeerAddress | undefined): string {
  if (address === undefined) return 'onion'
  if (address.network === 'name' || !isRoutable(address)) return 'not_publicly_routable'
  return networkName(address.network)
}

/** `ConnectionTypeAsString`. A connection that Core does not know is to it an ordinary one. */
export function connectionType(kind: ConnectionKind): string {
  return kind === 'extra' ? 'outbound-full-relay' : kind
}

/**
 * Core's `DEFAULT_MIN_RELAY_TX_FEE` and `DEFAULT_INCREMENTAL_RELAY_FEE`: satoshis for 1,000 virtual bytes.
 */
export const MIN_RELAY_FEE = 1_000n

/** An amount as Core's JSON has it: a number of bitcoins. */
export function btc(satoshis: bigint): number {
  return Number(coins(satoshis))
}

/** Milliseconds since 1970, or of an interval, as whole seconds. */
export function wholeSeconds(milliseconds: number | undefined): number {
  return milliseconds === undefined ? 0 : Math.floor(milliseconds / 1_000)
}
