import { optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import type { CryptoBackend } from '../../crypto/backend.ts'
import { cryptoBackend, loadingOf } from '../../crypto/backend-in-force.ts'
import type { CancelTimer, Clock } from '../../environment/clock.ts'
import { systemClock } from '../../environment/default-clock.ts'
import { systemRandom } from '../../environment/default-random.ts'
import type { Random } from '../../environment/random.ts'
import { refuseArgument } from '../../errors/refuse-argument.ts'
import { createEphemeralKey, type EphemeralKey } from './ephemeral-key.ts'

/** Milliseconds between two keys being made: the pool takes a tenth of one processor at most. */
const REFILL_INTERVAL = 10

/** How many keys are made ahead. */
export interface KeyPoolOptions {
  /** Keys kept ready, 0 to 1,000. Default: 8, the outbound connections of a node. */
  readonly size?: number
}

/** Keys made ahead of need, so that a dial finds the costlier half of its handshake's work done. */
export interface KeyPool {
  /** A key that nobody else gets: from the pool, or made at once when it is empty. */
  next(): EphemeralKey
  /** Keys ready now. */
  readonly ready: number
  /** Stops making keys, and overwrites those that are left. `next` goes on working. */
  close(): void
}

/** Keys kept ready, at most: what nobody takes is a secret in memory. */
const MAX_POOL_SIZE = 1_000
const keyPoolOptions = optionsOf<KeyPoolOptions>({ size: wholeNumber(0, MAX_POOL_SIZE) })

/**
 * Creates a pool, to be given to `connect` and `accept` as the component `keys`. It fills itself a key at a
 * time.
 * @throws TransportError `invalid-argument`.
 */
export function createKeyPool(
  options: KeyPoolOptions = {},
  components: { readonly clock?: Clock; readonly random?: Random; readonly crypto?: CryptoBackend } = {},
): KeyPool {
  refuseArgument(keyPoolOptions, options, 'createKeyPool: options')
  const { size = 8 } = options
  const { clock = systemClock, random = systemRandom, crypto: backend = cryptoBackend() } = components
  const keys: EphemeralKey[] = []
  let cancel: CancelTimer | undefined
  let closed = false
  const refill = (): void => {
    if (closed || cancel !== undefined || keys.length >= size) return
    const addOne = (): void => {
      cancel = undefined
      keys.push(createEphemeralKey(backend, random))
      refill()
    }
    cancel = clock.setTimer(REFILL_INTERVAL, addOne, { idle: true })
  }
  // One that does not come leaves the pool empty: whoever dials hears of it.
  const loading = loadingOf(backend)
  if (loading === undefined) refill()
  else loading.then(refill, () => undefined)
  return {
    next: () => {
      const key = keys.shift() ?? createEphemeralKey(backend, random)
      refill()
      return key
    },
    get ready() {
      return keys.length
    },
    close: () => {
      closed = true
      cancel?.()
      for (const key of keys.splice(0)) key.wipe()
    },
  }
}
