import type { BlockHash, Network } from '@sapwood/wire-codec'
import {
  addAbortListener,
  type Clock,
  type Logger,
  removeAbortListener,
  schedulerFor,
} from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import { NodeError } from '../errors/node-error.ts'
import type { UtreexoDriver } from '../loop/utreexo-driver.ts'
import type { KeyValueStore } from '../store/key-value-store.ts'
import { assumedUtreexoState } from '../utreexo/assumed-states.ts'
import { ProofFetcher } from '../utreexo/proof-fetcher.ts'
import { UtreexoFollower } from '../utreexo/utreexo-follower.ts'
import type { AssumedUtreexoState, UtreexoOptions } from '../utreexo/utreexo-options.ts'
import { UtreexoStore } from '../utreexo/utreexo-store.ts'
import type { NodeEventHub } from './node-events.ts'
import type { BlockAccess, UtreexoAccess } from './node-handle.ts'
import type { UtreexoInfo } from './node-info.ts'

/** Milliseconds that a peer has for a proof, unless told otherwise. */
const DEFAULT_PROOF_TIMEOUT = 20_000

export interface UtreexoAccessComponents {
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  readonly chain: HeaderChain
  readonly events: NodeEventHub
  readonly store: KeyValueStore
  readonly blocks: Pick<BlockAccess, 'follow'>
  readonly utreexoDriver: UtreexoDriver
}

/** The proving of blocks while a node runs, and what programs hold of it. */
export interface UtreexoProving {
  readonly access: UtreexoAccess
  /** Once the node runs. */
  start(): void
  info(): UtreexoInfo
  /** @throws NodeError where the last state could not be written. */
  stop(): Promise<void>
}

/** @throws NodeError `invalid-argument` where no state is known for the network. */
export function createUtreexoProving(
  options: UtreexoOptions,
  components: UtreexoAccessComponents,
): UtreexoProving {
  const { network, clock, chain, events, store, blocks, utreexoDriver: peers } = components
  const lane = schedulerFor(clock).lane('own')
  const fetcher = new ProofFetcher(options.proofTimeout ?? DEFAULT_PROOF_TIMEOUT, { ...components, peers })
  const follower = new UtreexoFollower(
    { assumed: assumedBy(options, network), checkHistory: options.checkHistory ?? false },
    {
      ...components,
      fetcher,
      store: new UtreexoStore(store, network),
      blocksFrom: (from, signal) => blocks.follow({ from }, { signal }),
      punish: (peer, detail) => peers.punish(peer, detail),
      refuseBlock: (block, rule, from) => peers.refuseBlock(block, rule, from),
      turn: () => lane.due(),
      validateScripts: options.validateScripts,
      window: options.window,
      waitForHeader: (block, signal) => waitForHeader(block, { chain, events }, signal),
    },
  )
  return {
    start: () => follower.start(),
    access: {
      state: () => {
        const { state } = follower
        return (
          state && {
            height: state.height,
            hash: state.hash,
            leaves: state.stump.leaves,
            roots: state.stump.roots,
          }
        )
      },
      follow: ({ from }, call) => {
        if (!Number.isSafeInteger(from) || from < 0)
          throw new NodeError('invalid-argument', `Not a height: ${from}`, { received: from })
        return follower.follow(Math.max(1, from), call?.signal)
      },
    },
    info: () => {
      const { state, failure } = follower
      return {
        height: state?.height ?? 0,
        leaves: state?.stump.leaves ?? 0,
        behind: Math.max(0, chain.tip().height - (state?.height ?? 0)),
        proved: follower.proved,
        proofsInFlight: fetcher.inFlight,
        ...peers.count(),
        ...(failure !== undefined && { stopped: failure.message }),
      }
    },
    stop: async () => {
      fetcher.stop()
      await follower.stop()
    },
  }
}

function assumedBy({ assume }: UtreexoOptions, { name }: Network): AssumedUtreexoState | undefined {
  if (assume !== 'known') return assume
  const known = assumedUtreexoState(name)
  if (known === undefined)
    throw new NodeError('invalid-argument', `No state of the accumulator is known for ${name}`)
  return known
}

/** Resolves when the chain knows a block, is as high, or has all headers that peers have. */
async function waitForHeader(
  { height, hash }: { readonly height: number; readonly hash: BlockHash },
  { chain, events }: Pick<UtreexoAccessComponents, 'chain' | 'events'>,
  signal: AbortSignal,
): Promise<void> {
  const isKnown = (): boolean => chain.heightOf(hash) !== undefined || chain.tip().height >= height
  signal.throwIfAborted()
  if (isKnown()) return
  let end = (): void => undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error)
      addAbortListener(signal, onAbort)
      const stops = [
        events.on('tip-changed', () => {
          if (isKnown()) resolve()
        }),
        events.on('phase', ({ previous }) => {
          if (previous === 'choosing-chain') resolve()
        }),
      ]
      end = () => {
        for (const stop of stops) stop()
        removeAbortListener(signal, onAbort)
      }
    })
  } finally {
    end()
  }
}
