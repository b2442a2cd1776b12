import { type Hash256, packScripts } from '@sapwood/wire-codec'
import { type Clock, type Logger, schedulerFor } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import { NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { FilterHeaderStore } from '../filters/filter-header-store.ts'
import { FilterHeaderSync } from '../filters/filter-header-sync.ts'
import { FilteredBlockStream } from '../filters/filtered-block-stream.ts'
import { mayConcern } from '../filters/filter-match.ts'
import { filterStream, type VerifiedFilter } from '../filters/filter-stream.ts'
import type { NodeEventSource } from './node-events.ts'
import type { FilterDriver } from '../loop/filter-driver.ts'
import type { KeyValueStore } from '../store/key-value-store.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import { aFilterPosition, someScripts } from './node-checks.ts'
import type { BlockAccess, FilterAccess } from './node-handle.ts'

/** Milliseconds after which what was not to be had is asked for anew, where no peer has come before. */
const NEXT_PEER_TIMEOUT = 10_000

export interface FilterAccessComponents {
  readonly clock: Clock
  readonly events: NodeEventSource
  readonly chain: HeaderChain
  readonly filterDriver: FilterDriver
  readonly blocks: Pick<BlockAccess, 'getBlock'>
  readonly withDeadline: WithCallDeadline
  readonly logger: Logger
  readonly store: KeyValueStore
}

export function createFilterAccess(
  options: { readonly enabled: boolean },
  components: FilterAccessComponents,
): FilterAccess {
  if (!options.enabled) return filtersOff
  const { chain, filterDriver: peers, blocks, events, withDeadline } = components
  const lane = schedulerFor(components.clock).lane()
  const sync = new FilterHeaderSync({
    chain,
    peers,
    waitForHeight: async (height, signal) => {
      if (chain.tip().height >= height) return
      await events.next('tip-changed', { signal, filter: ({ change }) => change.newTip.height >= height })
    },
    store: new FilterHeaderStore(components.store.namespace('filter-headers')),
    onUnsaved: (error) => components.logger.error({ err: error }, 'filter headers could not be saved'),
    getBlock: async (hash, signal) => (await blocks.getBlock(hash, { signal })).block,
  })
  events.on('tip-changed', ({ change }) => sync.onTipChange(change))
  events.on('peer-disconnected', ({ peer }) => sync.closed(peer))

  async function* range(
    { from, to }: { readonly from: number; readonly to: number },
    { signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<VerifiedFilter, void, undefined> {
    refuseBadRange(from, to, chain.base)
    yield* filterStream({ from, to }, { chain, peers, sync }, signal)
  }

  return {
    headerAt: (height, call) =>
      withDeadline(call, async (signal) => {
        refuseBadRange(height, height, chain.base)
        for (;;) {
          await sync.extendTo(height, signal)
          const header: Hash256 | undefined = sync.headers.at(height)
          // Gone again by a reorg: asked for anew.
          if (header !== undefined) return header
        }
      }),
    range,
    scan: async function* ({ scripts, from, to }, call) {
      refuseArgument(someScripts, scripts, 'filters.scan: scripts')
      const packed = packScripts(scripts)
      for await (const filter of range({ from, to }, call)) {
        if (mayConcern(filter, packed)) yield { height: filter.height, hash: filter.hash }
        await lane.due()
      }
    },
    follow: ({ scripts = [], from }, { signal } = {}) => {
      refuseArgument(someScripts, scripts, 'filters.follow: scripts')
      refuseArgument(aFilterPosition, from, 'filters.follow: from')
      if (typeof from === 'number') refuseBadRange(from, from, chain.base)
      return new FilteredBlockStream(
        { scripts, from },
        {
          chain,
          peers,
          sync,
          lane,
          getBlock: (hash, either) => blocks.getBlock(hash, { signal: either }),
          nextTip: async (either) => {
            await events.next('tip-changed', { signal: either })
          },
          later: async (either) => {
            await events
              .next('peer-ready', { signal: either, timeout: NEXT_PEER_TIMEOUT })
              .catch(() => undefined)
          },
        },
        signal,
      )
    },
  }
}

function refuseBadRange(from: number, to: number, base: number): void {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= base && to >= from) return
  throw new NodeError('invalid-argument', `Not a range of heights: ${from} to ${to}`, { limit: base })
}

const off = (): NodeError => new NodeError('filters-off', 'The node was made without the option `filters`')

const filtersOff: FilterAccess = {
  headerAt: () => Promise.reject(off()),
  range: async function* () {
    throw await Promise.resolve(off())
  },
  scan: async function* () {
    throw await Promise.resolve(off())
  },
  follow: () => {
    throw off()
  },
}
