import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import { createWebSocketDialer } from '@sapwood/transport-v1v2/websocket'
import { formatPeerAddress } from '@sapwood/wire-codec'
import type { SeenByRelay } from './settings.ts'

/** Bytes of a piece that are shown. */
const SHOWN = 64

/** Dials through a relay, and tells what it gets to see. */
export function createWatchedDialer(relay: string, tell: (seen: SeenByRelay) => void): Dialer {
  const dialer = createWebSocketDialer({
    open: (address) => new WebSocket(`${relay}/${encodeURIComponent(formatPeerAddress(address))}`),
  })
  return { dial: async (address, options) => watched(await dialer.dial(address, options), tell) }
}

function watched(stream: ByteStream, tell: (seen: SeenByRelay) => void): ByteStream {
  const note = (seen: SeenByRelay['seen'], bytes: Uint8Array): void =>
    tell({ seen, bytes: bytes.slice(0, SHOWN), length: bytes.length })
  return {
    read: async () => {
      const bytes = await stream.read()
      if (bytes !== null) note('received', bytes)
      return bytes
    },
    write: (bytes) => {
      for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) note('sent', part)
      return stream.write(bytes)
    },
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason),
  }
}
