export { createWebSocketDialer, type WebSocketDialerOptions } from './websocket-dialer.ts'
export type { WebSocketLike } from './websocket-like.ts'
export { websocketStream } from './websocket-stream.ts'
