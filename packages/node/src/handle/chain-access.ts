import type { BlockHash } from '@sapwood/wire-codec'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import type { ChainDriver } from '../loop/chain-driver.ts'
import { HeaderFetcher } from '../loop/header-fetcher.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import { headersBelow } from '../chain/headers-below.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import type { NodeEventHub } from './node-events.ts'
import type { ChainAccess } from './node-handle.ts'
import { aBlockHash, aHeight } from './node-checks.ts'

/** The handle's view of the header chain. */
export function createChainAccess(components: {
  readonly calls: CallQueue
  readonly phase: CurrentPhase
  readonly driver: Pick<ChainDriver, 'moveTip'>
  readonly chain: HeaderChain
  readonly table: ConnectionTable
  readonly clock: Clock
  readonly events: NodeEventHub
  readonly withDeadline: WithCallDeadline
}): ChainAccess {
  const { calls, phase, driver, chain, clock, events, withDeadline } = components
  const fetcher = new HeaderFetcher(components)
  return {
    tip: () => chain.tip(),
    headerAt: (height) => chain.headerAt(height),
    hashAt: (height) => chain.hashAt(height),
    heightOf: (hash) => chain.heightOf(checked(hash, 'chain.heightOf')),
    get: (hash) => chain.get(checked(hash, 'chain.get')),
    isActive: (hash) => chain.isActive(checked(hash, 'chain.isActive')),
    forkPoint: (hash) => chain.forkPoint(checked(hash, 'chain.forkPoint')),
    medianTimePast: (hash) => chain.medianTimePast(checked(hash, 'chain.medianTimePast')),
    locator: (from) => chain.locator(from),
    headersAfter: (locator, stopHash, limit) => chain.headersAfter(locator, stopHash, limit),
    base: chain.base,
    headersBelow: (to, { signal = new AbortController().signal } = {}) => {
      refuseArgument(aHeight, to, 'chain.headersBelow')
      const { base } = chain
      if (to >= base)
        throw new NodeError('invalid-argument', `The chain begins at ${base}: ${to} is not below`, {
          limit: base,
        })
      const above = { height: base, header: chain.headerAt(base)! }
      return headersBelow({ above, to }, (hash) => fetcher.fetch(hash, signal))
    },
    get size() {
      return chain.size
    },
    waitForHeight: (height, options) =>
      withDeadline(options, async (signal) => {
        refuseArgument(aHeight, height, 'chain.waitForHeight')
        if (chain.tip().height >= height) return
        await events.next('tip-changed', {
          signal,
          filter: ({ change }) => change.newTip.height >= height,
        })
      }),
    waitForSync: (options) => withDeadline(options, (signal) => whenSynced({ phase, events }, signal)),
    submitHeaders: (headers) =>
      calls.call('submitHeaders', () => {
        const { accepted, tipChange, error } = chain.accept(headers, clock.wallTime())
        if (tipChange !== undefined) driver.moveTip(tipChange)
        if (error !== undefined)
          throw new NodeError('invalid-header', error.detail, { detail: error.code, received: error.index })
        return { accepted }
      }),
  }
}

/** @throws NodeError `invalid-argument`. */
function checked(hash: BlockHash, call: string): BlockHash {
  refuseArgument(aBlockHash, hash, call)
  return hash
}

/** Resolves when no peer has headers left that we lack. */
export async function whenSynced(
  { phase, events }: { readonly phase: CurrentPhase; readonly events: NodeEventHub },
  signal: AbortSignal,
): Promise<void> {
  if (phase.name !== 'choosing-chain') return
  await events.next('phase', { signal, filter: (event) => event.phase !== 'choosing-chain' })
}
