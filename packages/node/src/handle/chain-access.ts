import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain-types.ts'
import { NodeError } from '../errors/node-error.ts'
import type { NodeLoop } from '../loop/node-loop.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import type { NodeEventHub } from './node-events.ts'
import type { ChainAccess } from './node-handle.ts'

/** The handle's view of the header chain. */
export function createChainAccess(components: {
  readonly loop: NodeLoop
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly events: NodeEventHub
  readonly withDeadline: WithCallDeadline
}): ChainAccess {
  const { loop, chain, clock, events, withDeadline } = components
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
        if (loop.phase !== 'choosing-chain') return
        await events.next('phase', { signal, filter: ({ phase }) => phase !== 'choosing-chain' })
      }),
    submitHeaders: (headers) =>
      loop.calls.call('submitHeaders', () => {
        const { accepted, tipChange, error } = chain.accept(headers, clock.wallTime())
        if (tipChange !== undefined) loop.driver.tipChanged(tipChange)
        if (error !== undefined)
          throw new NodeError('invalid-header', error.detail, { detail: error.code, received: error.index })
        return { accepted }
      }),
  }
}
