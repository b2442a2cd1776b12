import { createSocks5Dialer, createTorControl, parseTorEventFields } from '@sapwood/proxy'
import type { Dialer } from '@sapwood/transport-v1v2'
import { TestingTorNetwork, type TestingTorNetworkOptions } from './testing-tor-network.ts'

/** A connection that Tor took from us, as Tor's control port tells it. */
export interface ProxiedConnection {
  /** `host:port` that was asked for. */
  readonly target: string
  readonly username: string
  readonly password: string
  /** Number of the circuit that carries it. */
  readonly circuit: string
}

/** A SOCKS5 server that keeps connections with other credentials apart, and a dialer that makes use of it. */
export interface IsolatingProxy extends AsyncDisposable {
  /** Dials through it, each connection with credentials of its own. */
  readonly dialer: Dialer
  /** What it has connected, in order. */
  connections(): readonly ProxiedConnection[]
  stop(): Promise<void>
}

/**
 * Starts a private Tor network and a client of it. Tor is the one SOCKS5 server at hand that takes any
 * credentials, acts on them, and says which it was given.
 * @throws IntegrationError
 */
export async function startIsolatingProxy(options: TestingTorNetworkOptions = {}): Promise<IsolatingProxy> {
  const network = await TestingTorNetwork.start(options)
  try {
    const client = await network.startClient()
    const seen: ProxiedConnection[] = []
    const control = await createTorControl({
      control: { host: client.host, port: client.controlPort },
      cookieFile: client.cookieFile,
      events: ['STREAM'],
      onEvent: (event) => {
        const connection = parseConnected(event)
        if (connection !== undefined) seen.push(connection)
      },
    })
    const stop = async (): Promise<void> => {
      await control.close()
      await network.stop()
    }
    return {
      dialer: createSocks5Dialer({ proxy: { host: client.host, port: client.socksPort }, tor: true }),
      connections: () => [...seen],
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await network.stop()
    throw error
  }
}

/**
 * `STREAM <id> SUCCEEDED <circuit> <target> …` of a stream that a SOCKS client asked for; undefined for any
 * other event.
 */
export function parseConnected(event: string): ProxiedConnection | undefined {
  const match = /^STREAM \d+ SUCCEEDED (\d+) (\S+) /.exec(event)
  const fields = parseTorEventFields(event)
  if (match === null || fields.get('CLIENT_PROTOCOL') !== 'SOCKS5') return undefined
  return {
    circuit: match[1]!,
    target: match[2]!,
    username: fields.get('SOCKS_USERNAME') ?? '',
    password: fields.get('SOCKS_PASSWORD') ?? '',
  }
}
