import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import { NodeError } from '../errors/node-error.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import type { ChainDriver } from '../loop/chain-driver.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import type { NodeEventHub } from './node-events.ts'
import type { ChainAccess } from './node-handle.ts'

/** The handle's view of the header chain. */
export function createChainAccess(components: {
  readonly calls: CallQueue
  readonly phase: CurrentPhase
  readonly driver: Pick<ChainDriver, 'moveTip'>
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly events: NodeEventHub
  readonly withDeadline: WithCallDeadline
}): ChainAccess {
  const { calls, phase, driver, chain, clock, events, withDeadline } = components
  return {
    tip: () => chain.tip(),
    headerAt: (height) => chain.headerAt(height),
    hashAt: (height) => chain.hashAt(height),
    heightOf: (hash) => chain.heightOf(hash),
    get: (hash) => chain.get(hash),
    isActive: (hash) => chain.isActive(hash),
    forkPoint: (hash) => chain.forkPoint(hash),
    medianTimePast: (hash) => chain.medianTimePast(hash),
    locator: (from) => chain.locator(from),
    headersAfter: (locator, stopHash, limit) => chain.headersAfter(locator, stopHash, limit),
    get size() {
      return chain.size
    },
    waitForHeight: (height, options) =>
      withDeadline(options, async (signal) => {
        if (chain.tip().height >= height) return
        await events.next('tip-changed', {
          signal,
          filter: ({ change }) => change.newTip.height >= height,
        })
      }),
    waitForSync: (options) =>
      withDeadline(options, async (signal) => {
        if (phase.name !== 'choosing-chain') return
        await events.next('phase', { signal, filter: (event) => event.phase !== 'choosing-chain' })
      }),
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
