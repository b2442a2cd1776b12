import { formatPeerAddress } from '@sapwood/wire-codec'
import type { SamSession } from '@sapwood/proxy'
import type { Clock } from '@sapwood/transport-v1v2'
import type { Listener } from './listener.ts'

/** Milliseconds before a session that has died is asked again. */
const RETRY_AFTER = 10_000

/**
 * Lets peers reach the node at a destination of its own on I2P, and tells other nodes of it. The session stays the
 * caller's to close.
 */
export function createI2pListener(session: SamSession, components: { readonly clock: Clock }): Listener {
  const { clock } = components
  return {
    listen: (onStream, { signal }) => {
      const abort = new AbortController()
      const onAbort = (): void => abort.abort(signal.reason)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
      const localAddress = formatPeerAddress(session.address)
      const pause = (): Promise<void> =>
        new Promise((resolve) => {
          const cancel = clock.setTimer(RETRY_AFTER, resolve)
          const stop = (): void => {
            cancel()
            resolve()
          }
          abort.signal.addEventListener('abort', stop, { once: true })
        })
      const isOver = (): boolean => abort.signal.aborted
      const takeAll = async (): Promise<void> => {
        while (!isOver()) {
          try {
            const { stream, remote } = await session.accept({ signal: abort.signal })
            onStream({ stream, address: remote, via: 'i2p', localAddress })
          } catch {
            // The router may come back: `accept` then makes the session anew. Only our own end is the end.
            if (!isOver()) await pause()
          }
        }
      }
      const accepting = takeAll()
      return Promise.resolve({
        address: localAddress,
        announce: session.address,
        close: async () => {
          signal.removeEventListener('abort', onAbort)
          abort.abort(new Error('The listener was closed'))
          await accepting
        },
      })
    },
  }
}
