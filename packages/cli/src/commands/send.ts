import type { BroadcastOptions, BroadcastState, NodeHandle, PrivateBroadcastState } from '@sapwood/node'
import type { PeerId } from '@sapwood/peer'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { bytesEqual, decodeTransaction, formatPeerAddress, hashToHex } from '@sapwood/wire-codec'
import { buildRoute } from '../connecting/build-route.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode } from '../fetching/borrow-node.ts'
import { readBytes } from '../decoding/read-input.ts'
import type { FetchOptions } from '../options/node-options.ts'
import { readAddress } from '../options/read-address.ts'
import { createReport, type Report } from '../terminal/report.ts'
import { durationText } from '../terminal/units.ts'

/** From so many peers on the node keeps one to listen to. */
const FEW = 3

/** What `sapwood send` is told. */
export interface SendOptions extends FetchOptions {
  /** Over Tor or I2P alone, on a connection of its own to each that is given it. */
  readonly private?: true
  readonly until: NonNullable<BroadcastOptions['until']>
}

/** Broadcasts a transaction, and tells who asked for it and that it came back. */
export async function sendCommand(
  argument: string,
  options: SendOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const transaction = decodeTransaction(await readBytes(argument, surroundings))
  const report = createReport(surroundings.io, options)
  const { clock, signal } = surroundings
  const { timeout } = options
  const isPrivate = options.private === true
  if (options.until === 'seen' && !isPrivate && (options.connect?.length ?? FEW) < FEW)
    report.note('with fewer than three peers all of them are told, so that nobody can show that it came back')
  const use = async (node: NodeHandle): Promise<void> => {
    if (isPrivate) {
      const started = clock.now()
      node.events.on('private-broadcast-changed', ({ broadcast }) =>
        tellPrivate(report, broadcast, clock.now() - started),
      )
      const { cameBack, txid } = await node.transactions.broadcastPrivately(transaction, { signal, timeout })
      // Somebody has taken it; that it comes back may be waited for, and takes minutes where nobody hurries.
      if (cameBack || options.until === 'announced' || options.until === 'requested') return
      const isBack = (): boolean =>
        !node.transactions.privateBroadcasts().some((each) => bytesEqual(each.txid, txid))
      while (!isBack()) await node.events.next('private-broadcast-changed', { signal, timeout })
      return
    }
    const tellOf = teller(node, report, clock)
    node.events.on('broadcast-changed', ({ broadcast }) => tellOf(broadcast))
    await node.transactions.broadcast(transaction, { signal, timeout, until: options.until })
  }
  // Who comes later is told later, and then has it already.
  if (isPrivate) await borrowHidden(options, surroundings, report, use)
  else await borrowNode(options, surroundings, report, {}, use, 'all-named')
  return EXIT.done
}

/** Not a byte but through the proxies: no name is looked up here, and no other network is dialled. */
async function borrowHidden(
  { connect = [], ...options }: SendOptions,
  surroundings: Surroundings,
  report: Report,
  use: (node: NodeHandle) => Promise<void>,
): Promise<void> {
  const { proxy, onion, i2p } = options
  if (proxy === undefined && onion === undefined && i2p === undefined) {
    throw usageError('--private wants --proxy or --onion (Tor), or --i2p')
  }
  const route = buildRoute(options)
  for (const peer of connect) {
    const way = route.routeOf(readAddress(peer, options.network))
    if (way === 'direct' || way === undefined)
      throw usageError(`--private does not turn to ${peer}: none of the proxies leads there`)
  }
  const overTor = proxy !== undefined || onion !== undefined
  const onlyNet = [...(overTor ? (['onion'] as const) : []), ...(i2p === undefined ? [] : (['i2p'] as const))]
  // With nobody but those who are named there would be nobody to hand it to on a connection of its own.
  await borrowNode(options, surroundings, report, { onlyNet, addPeers: connect }, use)
}

/** Who a peer is, which may have left when it is told of. */
interface Known {
  readonly address: string
  readonly userAgent: string
}

/** Tells of each who asks, of each from whom it comes back, and how the whole stands then. */
function teller(node: NodeHandle, report: Report, clock: Clock): (broadcast: BroadcastState) => void {
  const started = clock.now()
  const known = new Map<PeerId, Known>()
  for (const { id, address, userAgent } of node.peers()) known.set(id, knownAs(address, userAgent))
  node.events.on('peer-ready', ({ peer, address, version }) =>
    known.set(peer, knownAs(address, version.userAgent)),
  )
  const told = { requested: new Set<PeerId>(), seen: new Set<PeerId>() }
  const each = (what: 'requested' | 'seen', txid: string, peers: readonly PeerId[]): void => {
    for (const peer of peers) {
      if (told[what].has(peer)) continue
      told[what].add(peer)
      const { address, userAgent } = known.get(peer) ?? knownAs(undefined, '')
      const milliseconds = clock.now() - started
      report.line({ type: what, txid, address, userAgent, milliseconds }, () => {
        const says = what === 'requested' ? 'asked for by' : 'came back from'
        return `${txid}  ${says} ${address} ${userAgent} after ${durationText(milliseconds)}`
      })
    }
  }
  return (broadcast) => {
    const txid = hashToHex(broadcast.txid)
    each('requested', txid, broadcast.requestedByPeers)
    each('seen', txid, broadcast.seenFromPeers)
    tell(report, txid, broadcast)
  }
}

function knownAs(address: Parameters<typeof formatPeerAddress>[0] | undefined, userAgent: string): Known {
  return { address: address === undefined ? 'hidden' : formatPeerAddress(address), userAgent }
}

function tell(report: Report, txid: string, broadcast: BroadcastState): void {
  const { outcome, announcedTo, requestedBy, seenFrom } = broadcast
  report.line(
    { type: 'broadcast', txid, outcome, announcedTo, requestedBy, seenFrom },
    () =>
      `${txid}  ${outcome}: announced to ${announcedTo}, asked for by ${requestedBy}, seen from ${seenFrom}`,
  )
}

function tellPrivate(report: Report, broadcast: PrivateBroadcastState, milliseconds: number): void {
  const { attempts, underWay, takenBy, cameBack } = broadcast
  const txid = hashToHex(broadcast.txid)
  report.line({ type: 'privatebroadcast', txid, attempts, underWay, takenBy, cameBack, milliseconds }, () => {
    const back = cameBack ? `, and it came back after ${durationText(milliseconds)}` : ''
    return `${txid}  ${attempts} connections, taken by ${takenBy}${back}`
  })
}
