import type { Channel } from '@sapwood/peer'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { InboundStream, Listener, Listening } from '../connections/listener.ts'
import { NodeError } from '../errors/node-error.ts'
import type { EventSink } from '../events/event-source.ts'
import type { NodeNotification } from '../loop/node-notification.ts'

/** Listeners that have been started. */
export interface OpenListeners {
  /** Those that listen; filled by `open`. */
  readonly listening: readonly Listening[]
  /** Starts them all, or none. @throws NodeError `listen-failed`. */
  open(listeners: readonly Listener[]): Promise<void>
  close(): Promise<void>
}

/** Starts listeners that hand what they take to the node's loop. */
export function createOpenListeners(components: {
  readonly clock: Clock
  readonly notifications: Pick<Channel<NodeNotification>, 'trySend'>
  readonly events: EventSink<ConnectionEvents>
}): OpenListeners {
  const { clock, notifications, events } = components
  const abort = new AbortController()
  const listening: Listening[] = []
  const close = async (): Promise<void> => {
    abort.abort()
    await Promise.allSettled(listening.map(async (open) => open.close()))
  }
  const refuse = ({ stream, address }: InboundStream): void => {
    try {
      stream.abort(
        abort.signal.aborted ? new NodeError('stopped', 'The node has stopped') : new Error('busy'),
      )
    } catch {
      // A listener of the program's own: nobody is left to tell, and this is called by the event loop.
    }
    if (!abort.signal.aborted)
      events.emit('inbound-refused', { why: 'busy', ...(address !== undefined && { address }) })
  }
  const start = (listener: Listener): Promise<Listening> =>
    listener.listen(
      (inbound) => {
        if (!notifications.trySend({ type: 'inbound', inbound, at: clock.now() })) refuse(inbound)
      },
      { signal: abort.signal },
    )
  return {
    listening,
    close,
    open: async (listeners) => {
      try {
        for (const listener of listeners) listening.push(await start(listener))
      } catch (cause) {
        await close()
        throw new NodeError('listen-failed', 'A listener could not be started', { cause })
      }
    },
  }
}
