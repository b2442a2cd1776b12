import type { BroadcastOptions, BroadcastState, NodeOptions, PrivateBroadcastState } from '@sapwood/node'
import { decodeTransaction, hashToHex } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode } from '../fetching/borrow-node.ts'
import { readBytes } from '../decoding/read-input.ts'
import type { FetchOptions } from '../options/node-options.ts'
import { createReport, type Report } from '../terminal/report.ts'

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
  const transaction = decodeTransaction(await readBytes(argument, surroundings.io))
  const report = createReport(surroundings.io, options)
  const { signal } = surroundings
  const { timeout } = options
  const more = options.private === true ? hidden(options) : {}
  await borrowNode(options, surroundings, report, more, async (node) => {
    if (options.private === true) {
      node.events.on('private-broadcast-changed', ({ broadcast }) => tellPrivate(report, broadcast))
      const { cameBack } = await node.transactions.broadcastPrivately(transaction, { signal, timeout })
      if (!cameBack) throw new CommandError('it has not come back yet')
      return
    }
    node.events.on('broadcast-changed', ({ broadcast }) => tell(report, broadcast))
    await node.transactions.broadcast(transaction, { signal, timeout, until: options.until })
  })
  return EXIT.done
}

/** Not a byte but through the proxies: no name is looked up here, and no other network is dialled. */
function hidden({ proxy, onion, i2p }: SendOptions): Partial<NodeOptions> {
  if (proxy === undefined && onion === undefined && i2p === undefined) {
    throw usageError('--private wants --proxy or --onion (Tor), or --i2p')
  }
  const overTor = proxy !== undefined || onion !== undefined
  return {
    onlyNet: [...(overTor ? (['onion'] as const) : []), ...(i2p === undefined ? [] : (['i2p'] as const))],
  }
}

function tell(report: Report, broadcast: BroadcastState): void {
  const { outcome, announcedTo, requestedBy, seenFrom } = broadcast
  const txid = hashToHex(broadcast.txid)
  report.line(
    { type: 'broadcast', txid, outcome, announcedTo, requestedBy, seenFrom },
    () =>
      `${txid}  ${outcome}: announced to ${announcedTo}, asked for by ${requestedBy}, seen from ${seenFrom}`,
  )
}

function tellPrivate(report: Report, broadcast: PrivateBroadcastState): void {
  const { attempts, underWay, takenBy, cameBack } = broadcast
  const txid = hashToHex(broadcast.txid)
  report.line(
    { type: 'privatebroadcast', txid, attempts, underWay, takenBy, cameBack },
    () => `${txid}  ${attempts} connections, taken by ${takenBy}${cameBack ? ', and it came back' : ''}`,
  )
}
