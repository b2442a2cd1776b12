import { formatPeerAddress } from '@sapwood/wire-codec'
import { createWebSocketDialer, type WebSocketLike } from '@sapwood/transport-v1v2/websocket'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { NodeError } from '../errors/node-error.ts'
import type { NodeDialer } from './node-dialer.ts'

/** What browsers, Deno, Bun and Node.js from 22 on have. */
interface WebSocketRuntime {
  readonly WebSocket?: new (url: string) => WebSocketLike
}

/**
 * Reaches every peer through one WebSocket relay, which is told the address, or the name, in the path.
 * It sees whom we speak to, how much and when; not, in v2, what.
 * @param relay `ws://` or `wss://`.
 * @throws NodeError `invalid-argument` for another URL, and in a runtime that has no WebSockets.
 */
export function createRelayDialer(relay: string, components: { readonly clock: Clock }): NodeDialer {
  if (!/^wss?:\/\/[^\s?#]+$/.test(relay))
    throw new NodeError(
      'invalid-argument',
      'createNode: options.relay has to be a URL, as wss://relay.example',
      {
        received: relay,
      },
    )
  const { WebSocket } = globalThis as WebSocketRuntime
  if (WebSocket === undefined)
    throw new NodeError(
      'invalid-argument',
      'createNode: options.relay needs WebSockets, as Node.js 22 has them',
    )
  const base = relay.replace(/\/*$/, '/')
  const dialer = createWebSocketDialer(
    { open: (address) => new WebSocket(base + encodeURIComponent(formatPeerAddress(address))) },
    components,
  )
  return { ...dialer, resolvesNames: false, routeOf: () => 'proxy' }
}
