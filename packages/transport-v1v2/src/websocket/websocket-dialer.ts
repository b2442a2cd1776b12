import { aFunction, needed, optionsOf } from '@sapwood/wire-codec/arguments'
import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import type { PeerAddress } from '@sapwood/wire-codec'
import type { Clock } from '../environment/clock.ts'
import { abortReason } from '../environment/until-aborted.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { TransportError } from '../errors/transport-error.ts'
import { abortStream } from '../stream/abort-stream.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import type { Dialer } from '../stream/dialer.ts'
import type { WebSocketLike } from './websocket-like.ts'
import { websocketStream } from './websocket-stream.ts'

/** How `createWebSocketDialer` opens a WebSocket. */
export interface WebSocketDialerOptions {
  /**
   * Starts opening a WebSocket to whatever relays to the address:
   * `(address) => new WebSocket('wss://relay.example/' + address.port)`.
   */
  readonly open: (address: PeerAddress) => WebSocketLike
}

const webSocketDialerOptions = optionsOf<WebSocketDialerOptions>({ open: needed(aFunction) })

/** A dialer that reaches peers through a WebSocket relay. @throws TransportError `invalid-argument`. */
export function createWebSocketDialer(
  options: WebSocketDialerOptions,
  components: { readonly clock?: Clock } = {},
): Dialer {
  refuseArgument(webSocketDialerOptions, options, 'createWebSocketDialer: options')
  return {
    dial: (address, { signal }) =>
      new Promise<ByteStream>((resolve, reject) => {
        signal.throwIfAborted()
        const socket = options.open(address)
        const settle = (): void => {
          removeAbortListener(signal, onAbort)
          socket.removeEventListener('open', onOpen)
          socket.removeEventListener('close', onClose)
        }
        const onOpen = (): void => {
          settle()
          resolve(stream)
        }
        const onClose = (): void => {
          settle()
          reject(new TransportError('dial-failed', 'The WebSocket could not be opened', { phase: 'dial' }))
        }
        const onAbort = (): void => {
          settle()
          const reason = abortReason(signal)
          abortStream(stream, reason)
          reject(reason)
        }
        // Made at once, so that a message which arrives together with the opening is not lost.
        const stream = websocketStream(socket, components)
        socket.addEventListener('open', onOpen)
        socket.addEventListener('close', onClose)
        addAbortListener(signal, onAbort)
      }),
  }
}
