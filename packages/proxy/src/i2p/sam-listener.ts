import type { ByteStream } from '@sapwood/transport-v1v2'
import {
  addAbortListener,
  type Clock,
  guardedLogger,
  type Logger,
  MINUTE,
  removeAbortListener,
  systemClock,
  tell,
} from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, type NetworkAddress } from '@sapwood/wire-codec'
import { isProxyError } from '../errors/proxy-error.ts'
import type { SamSession } from './sam-session.ts'

/**
 * Milliseconds before another try when the session cannot be had, doubled each time up to the second (Core).
 */
const RETRY_DELAY = 1_000
const MAX_RETRY_DELAY = 5 * MINUTE

/** A connection that came in, as `createNode` of `@sapwood/node` takes it. */
export interface I2pInboundStream {
  readonly stream: ByteStream
  readonly address: NetworkAddress
  readonly via: 'i2p'
  /** The destination that it dialled, as text. */
  readonly localAddress: string
}

/** A way in over I2P; fits the `listeners` of `createNode`. */
export interface SamListener {
  listen(
    onStream: (inbound: I2pInboundStream) => void,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly address: string; readonly announce: NetworkAddress; close(): Promise<void> }>
}

/**
 * Accepts on a session for as long as it is wanted: one connection after the other, with pauses while the I2P
 * router is away. Closing it leaves the session open.
 */
export function createSamListener(
  session: SamSession,
  components: { readonly clock?: Clock; readonly logger?: Logger } = {},
): SamListener {
  const { clock = systemClock } = components
  const logger = guardedLogger(components.logger)
  return {
    listen: (onStream, { signal }) => {
      const closing = new AbortController()
      const both = AbortSignal.any([signal, closing.signal])
      const accepting = acceptAll(session, onStream, both, clock, logger)
      return Promise.resolve({
        address: formatPeerAddress(session.address),
        announce: session.address,
        close: async () => {
          closing.abort()
          await accepting
        },
      })
    },
  }
}

async function acceptAll(
  session: SamSession,
  onStream: (inbound: I2pInboundStream) => void,
  signal: AbortSignal,
  clock: Clock,
  logger: Logger,
): Promise<void> {
  let delay = RETRY_DELAY
  for (;;) {
    try {
      const { stream, remote } = await session.accept({ signal })
      delay = RETRY_DELAY
      handOn(
        onStream,
        { stream, address: remote, via: 'i2p', localAddress: formatPeerAddress(session.address) },
        logger,
      )
    } catch (error) {
      if (signal.aborted) return
      logger.debug({ code: isProxyError(error) ? error.code : 'unknown', delay }, 'cannot accept on I2P')
      await pause(clock, delay, signal)
      delay = Math.min(delay * 2, MAX_RETRY_DELAY)
    }
  }
}

/** The program's function: what it throws ends the one connection. */
function handOn(
  onStream: (inbound: I2pInboundStream) => void,
  inbound: I2pInboundStream,
  logger: Logger,
): void {
  const onFailure = (error: unknown): void => {
    inbound.stream.abort(error instanceof Error ? error : new Error('The program refused the connection'))
    logger.error({ err: error }, 'the handler of an I2P connection threw')
  }
  tell(onFailure, onStream, inbound)
}

function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancelTimer()
      removeAbortListener(signal, done)
      resolve()
    }
    const cancelTimer = clock.setTimer(milliseconds, done)
    addAbortListener(signal, done)
  })
}
