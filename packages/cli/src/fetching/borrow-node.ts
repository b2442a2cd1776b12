import {
  createMemoryStore,
  createNode,
  type NodeHandle,
  type NodeOptions,
  type OpenStore,
  openStore,
} from '@sapwood/node'
import type { PeerId } from '@sapwood/peer'
import { DAY, SECOND, withDeadline } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress } from '@sapwood/wire-codec'
import { fallbackOf, type Proxies } from '../connecting/build-route.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT } from '../errors/exit-code.ts'
import { describeDisconnect } from '../messages/describe-disconnect.ts'
import type { FetchOptions } from '../options/node-options.ts'
import type { Report } from '../terminal/report.ts'

/** Waits for one thing after which nobody is thought to have headers. */
const PATIENCE = 5
/** Headers between two lines of progress. */
const PROGRESS_STEP = 20_000

/**
 * A node for as long as one thing is done with it: it connects to the peers that were named, or finds some,
 * and is stopped again however that ends.
 * @param whom Who has to be there first: a peer, or each that was named and can be reached.
 * @throws CommandError 3 where nobody was reached within `--timeout`.
 */
export async function borrowNode<T>(
  options: FetchOptions,
  surroundings: Surroundings,
  report: Report,
  more: Partial<NodeOptions>,
  use: (node: NodeHandle, store: OpenStore) => Promise<T>,
  whom: 'a-peer' | 'all-named' = 'a-peer',
): Promise<T> {
  const { network, connect, data, timeout } = options
  if (connect === undefined && (more.addPeers ?? []).length === 0 && network.dnsSeeds.length === 0) {
    throw usageError(`${network.name} has no public nodes: name one by --connect`)
  }
  const store = data === undefined ? createMemoryStore() : await openStore(data)
  try {
    await using node = await createNode(
      {
        network,
        fallback: fallbackOf(options),
        timeouts: { connect: { attempt: timeout, total: 2 * timeout } },
        ...reachOf(options),
        ...(connect !== undefined && { connect, dnsSeeds: false, fixedSeeds: false }),
        ...more,
      },
      { clock: surroundings.clock, store },
    )
    tellProgress(node, report)
    await reached(node, whom === 'all-named' ? (connect?.length ?? 1) : 1, options, surroundings)
    return await use(node, store)
  } finally {
    await store.close()
  }
}

/** What a node calls the ways of `--proxy`, `--onion` and `--i2p`. */
function reachOf({ proxy, onion, i2p }: Proxies): Pick<NodeOptions, 'proxy' | 'onion' | 'i2p'> {
  return {
    ...(proxy !== undefined && { proxy }),
    ...(onion !== undefined && { onion }),
    ...(i2p !== undefined && { i2p: { sam: i2p } }),
  }
}

/**
 * Waits for the headers of the best chain. It may be long, as long as some come now and then: the user ends
 * it where it is too long.
 * @throws CommandError 3 where none has come within five times `--timeout`: that is enough for others to be
 * asked than the first.
 */
export async function headersOf(
  node: NodeHandle,
  { timeout }: Pick<FetchOptions, 'timeout'>,
  { clock, signal }: Surroundings,
): Promise<void> {
  const patience = PATIENCE * timeout
  const silence = new AbortController()
  let cancel = (): void => undefined
  const waitOn = (): void => {
    cancel()
    cancel = clock.setTimer(patience, () => {
      const message = `nobody has given headers within ${patience / SECOND} s`
      silence.abort(new CommandError(message, EXIT.unreachable))
    })
  }
  const stop = node.events.on('headers-progress', waitOn)
  waitOn()
  try {
    await node.chain.waitForSync({ signal: AbortSignal.any([signal, silence.signal]), timeout: DAY })
  } finally {
    stop()
    cancel()
  }
}

/** Waits for a peer, and for `wanted` of them as far as they can be reached. */
async function reached(
  node: NodeHandle,
  wanted: number,
  { connect, timeout }: FetchOptions,
  { clock, signal }: Surroundings,
): Promise<void> {
  const ready = new Set<PeerId>(node.peers().flatMap(({ id, state }) => (state === 'ready' ? [id] : [])))
  const reasons = new Map<string, string>()
  const stops: (() => void)[] = []
  try {
    await withDeadline(
      clock,
      timeout,
      () =>
        new Promise<void>((resolve) => {
          const look = (): void => {
            if (ready.size > 0 && ready.size + reasons.size >= wanted) resolve()
          }
          stops.push(
            node.events.on('peer-ready', ({ peer }) => {
              ready.add(peer)
              look()
            }),
            node.events.on('connection-failed', ({ address, error }) => {
              reasons.set(address === undefined ? '' : formatPeerAddress(address), error.message)
              look()
            }),
            node.events.on('peer-disconnected', ({ address, reason }) => {
              reasons.set(address === undefined ? '' : formatPeerAddress(address), describeDisconnect(reason))
              look()
            }),
          )
          look()
        }),
      { signal },
    )
  } catch (error) {
    if (signal.aborted) throw error
    // One is enough where the others are silent.
    if (ready.size > 0) return
    const why = [...reasons.values()].at(-1)
    const whom = connect === undefined ? 'any node' : connect.join(', ')
    throw new CommandError(
      `could not reach ${whom}${why === undefined ? '' : `: ${why}`}`,
      EXIT.unreachable,
      error,
    )
  } finally {
    for (const stop of stops) stop()
  }
}

function tellProgress(node: NodeHandle, report: Report): void {
  node.events.on('peer-ready', ({ address, version, protocol }) => {
    const where = address === undefined ? 'a peer' : formatPeerAddress(address)
    report.note(`connected to ${where}: ${version.userAgent}, ${protocol}, height ${version.startHeight}`)
  })
  let told = 0
  node.events.on('headers-progress', ({ tip }) => {
    if (tip.height < told + PROGRESS_STEP) return
    told = tip.height
    report.note(`headers up to ${tip.height.toLocaleString('en-US')}`)
  })
}
