/**
 * https://github.com/bitcoin/bitcoin/blob/master/src/rpc/net.cpp
 * @module
 */

import { isNodeError, type NodeErrorCode } from '@sapwood/node'
import type { PeerInfo } from '@sapwood/peer'
import { blockHashFromHex, decodeIp16, formatPeerAddress } from '@sapwood/wire-codec'
import { SECOND } from '@sapwood/transport-v1v2/environment'
import { servicesHex } from '../../messages/services-hex.ts'
import {
  btc,
  connectionType,
  CORE_NETWORKS,
  MIN_RELAY_FEE,
  networkName,
  throughNetwork,
  wholeSeconds,
} from '../core-names.ts'
import type { RpcContext } from '../rpc-context.ts'
import { invalidParameter, RPC_CODE, RpcError } from '../rpc-error.ts'
import { type MethodFamily, method } from '../rpc-method.ts'

/**
 * The release of Bitcoin Core whose shapes these are, in its own counting: tools ask for one that is not too
 * old. Ours stands in `subversion`.
 */
const CORE_VERSION = 290_000

/** Connections: `getnetworkinfo`, `getpeerinfo`, `addnode` and their like. */
export const networkMethods: MethodFamily = Object.fromEntries([
  method('getconnectioncount', [], ({ node }) => node.info().network.connections),
  method('getnetworkinfo', [], networkInfo),
  method('getpeerinfo', [], (context) => context.node.peers().map((peer) => peerInfo(peer, context))),
  method('getnettotals', [], ({ traffic, clock }) => {
    const { received, sent } = traffic.totals()
    return {
      totalbytesrecv: received,
      totalbytessent: sent,
      timemillis: Math.floor(clock.wallTime()),
      uploadtarget: {
        timeframe: 86_400,
        target: 0,
        target_reached: false,
        serve_historical_blocks: true,
        bytes_left_in_cycle: 0,
        time_left_in_cycle: 0,
      },
    }
  }),
  method('ping', [], ({ node }) => {
    // Core answers when they have been queued; how long each took is in `getpeerinfo`.
    node.network.ping().catch(() => undefined)
    return null
  }),
  method('addnode', ['node', 'command', 'v2transport?'], async ({ node }, given) => {
    const address = given.text('node')
    const command = given.text('command')
    // Which of the two is spoken is the node's to find out; a wish for v1 alone is not kept in silence.
    if (!given.boolean('v2transport', true) && command !== 'remove')
      throw invalidParameter('v1 alone is spoken by the whole node (-v2transport=0), or not at all')
    try {
      switch (command) {
        case 'add':
          await node.network.addPeer(address)
          return null
        case 'onetry':
          await node.network.addPeer(address, { once: true })
          return null
        case 'remove':
          await node.network.removePeer(address)
          return null
        default:
          throw new RpcError(RPC_CODE.misc, 'The command is add, remove or onetry')
      }
    } catch (error) {
      throw asRpcError(error, ADD_NODE_CODES)
    }
  }),
  method('disconnectnode', ['address?', 'nodeid?'], async ({ node }, given) => {
    const address = given.optionalText('address')
    const id = given.has('nodeid') ? given.integer('nodeid') : undefined
    if ((address === undefined || address === '') === (id === undefined)) {
      throw new RpcError(RPC_CODE.invalidParams, 'Only one of address and nodeid should be provided.')
    }
    const peer = node
      .peers()
      .find((each) =>
        id === undefined
          ? each.address !== undefined && formatPeerAddress(each.address) === address
          : each.id === id,
      )
    if (peer === undefined) {
      throw new RpcError(RPC_CODE.clientNodeNotConnected, 'Node not found in connected nodes')
    }
    await node.disconnectPeer(peer.id)
    return null
  }),
  method('setnetworkactive', ['state'], async ({ node }, given) => {
    await node.network.setActive(given.boolean('state'))
    return node.network.active
  }),
  method('getaddednodeinfo', ['node?'], ({ node }, given) => {
    const wanted = given.optionalText('node')
    const added = node.network.addedPeers().filter(({ text }) => wanted === undefined || text === wanted)
    if (wanted !== undefined && added.length === 0) {
      throw new RpcError(RPC_CODE.clientNodeNotAdded, 'Error: Node has not been added.')
    }
    return added.map(({ text, connected }) => {
      const peer = node.peers().find(({ id }) => id === connected)
      return {
        addednode: text,
        connected: connected !== undefined,
        addresses:
          connected === undefined
            ? []
            : [{ address: text, connected: peer?.inbound === true ? 'inbound' : 'outbound' }],
      }
    })
  }),
  method('setban', ['subnet', 'command', 'bantime?', 'absolute?'], async ({ node, clock }, given) => {
    const subnet = given.text('subnet')
    const command = given.text('command')
    const bantime = given.integer('bantime', 0)
    try {
      if (command === 'remove') {
        if (await node.bans.unban(subnet)) return null
        throw new RpcError(
          RPC_CODE.clientInvalidIpOrSubnet,
          'Error: Unban failed. Requested address/subnet was not previously manually banned.',
        )
      }
      if (command !== 'add') throw new RpcError(RPC_CODE.misc, 'The command is add or remove')
      if (node.bans.bans().some(({ text }) => text === subnet)) {
        throw new RpcError(RPC_CODE.clientNodeAlreadyAdded, 'Error: IP/Subnet already banned')
      }
      if (given.boolean('absolute', false) && bantime * SECOND < clock.wallTime()) {
        throw invalidParameter('Error: Absolute timestamp is in the past')
      }
      await node.bans.ban(subnet, {
        reason: 'manually added',
        ...(bantime > 0 &&
          (given.boolean('absolute', false)
            ? { until: new Date(bantime * SECOND) }
            : { duration: bantime * SECOND })),
      })
      return null
    } catch (error) {
      throw asRpcError(error, BAN_CODES)
    }
  }),
  method('listbanned', [], ({ node, clock }) =>
    node.bans.bans().map(({ text, createdAt, expiresAt }) => ({
      address: text.includes('/') ? text : withPrefix(text),
      ban_created: wholeSeconds(createdAt),
      banned_until: wholeSeconds(expiresAt),
      ban_duration: wholeSeconds(expiresAt - createdAt),
      time_remaining: wholeSeconds(expiresAt - clock.wallTime()),
    })),
  ),
  method('clearbanned', [], async ({ node }) => {
    await node.bans.clearBans()
    return null
  }),
])

function networkInfo({ node, proxies }: RpcContext): object {
  const { network } = node.info()
  const reachable = new Map(network.networks.map((each) => [each.name, each.reachable]))
  return {
    version: CORE_VERSION,
    subversion: network.subversion,
    protocolversion: network.protocolVersion,
    localservices: servicesHex(network.localServices),
    localservicesnames: network.localServicesNames,
    localrelay: network.localRelay,
    timeoffset: network.timeOffset,
    networkactive: network.networkActive,
    connections: network.connections,
    connections_in: network.connectionsIn,
    connections_out: network.connectionsOut,
    networks: CORE_NETWORKS.map((name) => ({
      name: networkName(name),
      limited: reachable.get(name) !== true,
      reachable: reachable.get(name) === true,
      proxy:
        (name === 'torv3' ? (proxies.onion ?? proxies.ip) : name === 'i2p' ? undefined : proxies.ip) ?? '',
      proxy_randomize_credentials: proxies.ip !== undefined || proxies.onion !== undefined,
    })),
    relayfee: btc(MIN_RELAY_FEE),
    incrementalfee: btc(MIN_RELAY_FEE),
    localaddresses: network.localAddresses.map((text) => localAddress(text)),
    warnings: [],
  }
}

function localAddress(text: string): object {
  const [, host = text, port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? []
  return { address: host, port: Number(port), score: 1 }
}

function peerInfo(peer: PeerInfo, { node }: RpcContext): object {
  const { address, localAddress: bound, seenAs, sessionId } = peer
  const seen = seenAs === undefined ? 'skip' : decodeIp16(seenAs.ip, seenAs.port)
  return {
    id: peer.id,
    addr: address === undefined ? '127.0.0.1:0' : formatPeerAddress(address),
    ...(bound !== undefined && { addrbind: bound }),
    ...(seen !== 'skip' && seenAs!.ip.some((byte) => byte !== 0) && { addrlocal: formatPeerAddress(seen) }),
    network: throughNetwork(address),
    services: servicesHex(peer.services),
    servicesnames: peer.serviceNames,
    relaytxes: peer.relayTransactions,
    lastsend: wholeSeconds(peer.lastSend),
    lastrecv: wholeSeconds(peer.lastReceive),
    last_transaction: wholeSeconds(peer.lastTransaction),
    last_block: wholeSeconds(peer.lastBlock),
    bytessent: peer.bytesSent,
    bytesrecv: peer.bytesReceived,
    conntime: wholeSeconds(peer.connectedAt),
    timeoffset: peer.timeOffset,
    ...(peer.pingTime !== undefined && { pingtime: peer.pingTime / SECOND }),
    ...(peer.minimumPing !== undefined && { minping: peer.minimumPing / SECOND }),
    ...(peer.pingWait !== undefined && { pingwait: peer.pingWait / SECOND }),
    version: peer.version,
    subver: peer.userAgent,
    inbound: peer.inbound,
    bip152_hb_to: peer.compactHighBandwidthTo,
    bip152_hb_from: peer.compactHighBandwidthFrom,
    startingheight: peer.startingHeight,
    presynced_headers: peer.presyncedHeaders,
    synced_headers: peer.syncedHeaders,
    synced_blocks: peer.syncedBlocks,
    inflight: heightsOf(peer.blocksInFlight, node),
    addr_relay_enabled: peer.addressRelayEnabled,
    addr_processed: peer.addressesProcessed,
    addr_rate_limited: peer.addressesRateLimited,
    permissions: peer.permissions,
    minfeefilter: btc(peer.minimumFeeFilter),
    bytessent_per_msg: bytesOf(peer.sentByMessage),
    bytesrecv_per_msg: bytesOf(peer.receivedByMessage),
    connection_type: connectionType(peer.connectionKind),
    transport_protocol_type: peer.transport,
    session_id: sessionId ?? '',
  }
}

function heightsOf(hashes: readonly string[], { chain }: RpcContext['node']): number[] {
  return hashes.flatMap((hash) => chain.heightOf(blockHashFromHex(hash)) ?? [])
}

function bytesOf(counts: PeerInfo['sentByMessage']): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([command, { bytes }]) => [command, bytes]))
}

/** Core lists a single address as a subnet of its whole length. */
function withPrefix(text: string): string {
  if (!/^[0-9a-f.:]+$/i.test(text)) return text
  return `${text}/${text.includes(':') ? 128 : 32}`
}

type Codes = Readonly<Partial<Record<NodeErrorCode, readonly [code: number, message: string]>>>

const ADD_NODE_CODES: Codes = {
  'already-added': [RPC_CODE.clientNodeAlreadyAdded, 'Error: Node already added'],
  'not-added': [
    RPC_CODE.clientNodeNotAdded,
    'Error: Node could not be removed. It has not been added previously.',
  ],
  'network-inactive': [RPC_CODE.clientP2pDisabled, 'Error: The network is switched off'],
}
const BAN_CODES: Codes = {
  'invalid-argument': [RPC_CODE.clientInvalidIpOrSubnet, 'Error: Invalid IP/Subnet'],
  'invalid-address': [RPC_CODE.clientInvalidIpOrSubnet, 'Error: Invalid IP/Subnet'],
}

/** What the node refused, in Core's words where it has some. */
function asRpcError(error: unknown, codes: Codes): Error {
  if (!isNodeError(error)) return error instanceof Error ? error : new Error(String(error))
  const [code, message] = codes[error.code] ?? [RPC_CODE.misc, error.message]
  return new RpcError(code, message, error)
}
