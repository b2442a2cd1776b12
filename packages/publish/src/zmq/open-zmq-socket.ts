import { PublishError } from '../errors/publish-error.ts'

/** A PUB socket that is bound. */
export interface ZmqSocket {
  /** Sends the parts of one message. One call at a time. */
  send(parts: readonly Uint8Array[]): Promise<void>
  /** Ends it; what subscribers have not taken is lost. */
  close(): void
}

/**
 * Binds a socket with Core's settings: keep-alive, IPv6, nothing waited for at the end.
 * @throws PublishError `missing-package` without `zeromq`; `invalid-argument` where the address cannot be
 * bound.
 */
export async function openZmqSocket(address: string, highWaterMark: number): Promise<ZmqSocket> {
  const { Publisher } = await import('zeromq').catch((cause: unknown) => {
    throw new PublishError('missing-package', 'ZMQ needs the package zeromq: npm install zeromq', { cause })
  })
  const socket = new Publisher({ sendHighWaterMark: highWaterMark, linger: 0, ipv6: true, tcpKeepalive: 1 })
  try {
    await socket.bind(address)
  } catch (cause) {
    socket.close()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('invalid-argument', `ZMQ cannot listen on ${address}: ${why}`, { cause })
  }
  return {
    send: (parts) => socket.send(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.length))),
    close: () => socket.close(),
  }
}
