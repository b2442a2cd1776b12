import { type Dialer, TransportError } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { formatHost } from '@sapwood/wire-codec'

/** The first byte of 127.0.0.0/8. */
const LOOPBACK = 127

/** Dials this machine and nothing else, whatever is gossiped. */
export function createLoopbackDialer(): Dialer {
  const tcp = createTcpDialer()
  return {
    dial: (address, options) => {
      if (address.network === 'ipv4' && address.bytes[0] === LOOPBACK) return tcp.dial(address, options)
      const message = `${formatHost(address)} is not of this machine`
      return Promise.reject(new TransportError('refused-address', message, { received: address.network }))
    },
  }
}
