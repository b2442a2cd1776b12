import { isIP, type Socket } from 'node:net'
import type { ByteStream } from '@sapwood/transport-v1v2'
import {
  abortReason,
  addAbortListener,
  type CancelTimer,
  type Clock,
  DAY,
  MINUTE,
  removeAbortListener,
} from '@sapwood/transport-v1v2/environment'
import { tcpStream } from '@sapwood/transport-v1v2/tcp'
import { SocksClient } from 'socks'
import { ProxyError } from '../errors/proxy-error.ts'
import type { Socks5Credentials } from './credentials.ts'
import { createSocks5Exchange, type ExchangeStep } from './exchange.ts'
import { NegotiationPipe } from './negotiation-pipe.ts'
import { encodeNamedRequest, type SocksTarget } from './target.ts'
import type { Socks5Timeouts } from './timeouts.ts'

export interface NegotiateOptions {
  readonly target: SocksTarget
  readonly credentials: Socks5Credentials | undefined
  /** Whether an IP address goes as a name or in binary form. */
  readonly ipAs: 'name' | 'binary'
  readonly timeouts: Socks5Timeouts
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * `SocksClient` runs a timer of its own, on the machine's clock, and keeps itself in memory until that fires.
 * Ours come first; this is how much later its own is.
 */
const LIBRARY_TIMEOUT_MARGIN = MINUTE

/**
 * Speaks SOCKS5 on a fresh connection to a proxy, by the `socks` package. That sees only answers that have
 * been checked here, one at a time: see docs/decisions/0003-socks-package.md for what it leaves to us.
 * @returns the stream to the peer. The socket belongs to it; on failure the socket is destroyed.
 * @throws ProxyError, or the signal's reason.
 */
export function negotiate(socket: Socket, options: NegotiateOptions): Promise<ByteStream> {
  const { target, credentials, ipAs, timeouts, clock, signal } = options
  const exchange = createSocks5Exchange(credentials !== undefined)
  let cancelTimer: CancelTimer = () => undefined

  return new Promise((resolve, reject) => {
    const pipe = new NegotiationPipe((bytes) => {
      const step = exchange.step ?? 'request'
      const rewrite = step === 'request' && ipAs === 'name' && isIP(target.host) !== 0
      socket.write(rewrite ? encodeNamedRequest(target) : bytes)
      cancelTimer()
      cancelTimer = clock.setTimer(timeouts[step], () => fail(timeoutError(step, timeouts[step])))
    })
    const release = (): void => {
      cancelTimer()
      removeAbortListener(signal, onAbort)
      socket.off('data', onData)
      socket.off('end', onEnd)
      socket.off('close', onEnd)
      socket.off('error', onError)
    }
    const fail = (error: Error): void => {
      release()
      socket.on('error', () => undefined)
      socket.destroy()
      pipe.destroy()
      reject(error)
    }
    const succeed = (): void => {
      release()
      socket.pause()
      resolve(tcpStream(socket, { head: exchange.head }))
    }
    const onData = (bytes: Buffer): void => {
      try {
        const answer = exchange.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
        if (answer === undefined) return
        // Granted: nothing is waited for any more, and what the peer sends now is for its reader.
        if (exchange.step === undefined) socket.pause()
        pipe.deliver(answer)
      } catch (error) {
        fail(error as ProxyError)
      }
    }
    const onEnd = (): void => {
      if (exchange.step !== undefined) fail(closedError(exchange.step))
    }
    const onError = (cause: Error): void => fail(closedError(exchange.step ?? 'request', cause))
    const onAbort = (): void => fail(abortReason(signal))

    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('close', onEnd)
    socket.on('error', onError)
    addAbortListener(signal, onAbort)

    SocksClient.createConnection({
      command: 'connect',
      destination: target,
      // The pipe is connected already, so the address is never looked at.
      proxy: {
        host: '127.0.0.1',
        port: 0,
        type: 5,
        ...(credentials !== undefined && { userId: credentials.username, password: credentials.password }),
      },
      existing_socket: pipe,
      // The package's own timer, which cannot be left out: ours, on the injected clock, is the earlier. The
      // runtime's fires at once where it is to wait for longer than 24 days.
      // eslint-disable-next-line no-restricted-syntax
      timeout: Math.min(timeouts.total, DAY) + LIBRARY_TIMEOUT_MARGIN,
    }).then(succeed, (error: unknown) => {
      // Not as a cause: the package's error holds the password.
      const message = error instanceof Error ? error.message : 'unknown'
      fail(new ProxyError('protocol-violation', `The negotiation with the proxy failed: ${message}`))
    })
  })
}

function timeoutError(step: ExchangeStep, limit: number): ProxyError {
  return new ProxyError('timeout', `The proxy did not answer at ${step} within ${limit} ms`, { step, limit })
}

function closedError(step: ExchangeStep, cause?: Error): ProxyError {
  return new ProxyError('closed', `The proxy ended the connection at ${step}`, { step, cause })
}
