/**
 * Commands of SAM 3 and their replies.
 * https://geti2p.net/en/docs/api/samv3
 * @module
 */

import type { Random } from '@sapwood/transport-v1v2/environment'
import { formatHost, type PeerAddress } from '@sapwood/wire-codec'
import { ProxyError } from '../errors/proxy-error.ts'
import { networkOf } from '../router/networks.ts'
import { formatDestination, publicDestination, SIGNATURE_TYPE } from './destination.ts'
import { SamConnection, type SamEnvironment } from './sam-connection.ts'

/** Bytes of a session's id. */
const ID_LENGTH = 10

/** A session that the bridge knows, for as long as its control socket is open. */
export interface LiveSession {
  readonly id: string
  readonly control: SamConnection
  /** With the private keys, in base64. */
  readonly privateKey: string
}

/** Makes a session; without a destination it makes that first. */
export async function openSession(
  environment: SamEnvironment,
  random: Random,
  wanted: {
    readonly destination: string | undefined
    readonly tunnels: number
    readonly hops?: number | undefined
  },
  signal: AbortSignal,
): Promise<LiveSession> {
  const control = await SamConnection.open(environment, signal)
  try {
    const { timeouts } = environment
    const id = Buffer.from(random.bytes(ID_LENGTH)).toString('hex')
    // A transient destination of our own making: the router would keep the key of its own to itself.
    const privateKey = wanted.destination ?? (await generateDestination(control, timeouts.hello, signal))
    await control.ask(
      `SESSION CREATE STYLE=STREAM ID=${id} DESTINATION=${privateKey}` +
        ` i2cp.leaseSetEncType=4,0 inbound.quantity=${wanted.tunnels} outbound.quantity=${wanted.tunnels}` +
        (wanted.hops === undefined ? '' : ` inbound.length=${wanted.hops} outbound.length=${wanted.hops}`),
      'SESSION STATUS',
      'session',
      timeouts.session,
      signal,
    )
    control.stopReading()
    return { id, control, privateKey }
  } catch (error) {
    control.close()
    throw error
  }
}

async function generateDestination(
  connection: SamConnection,
  limit: number,
  signal: AbortSignal,
): Promise<string> {
  const fields = await connection.ask(
    `DEST GENERATE SIGNATURE_TYPE=${SIGNATURE_TYPE}`,
    'DEST REPLY',
    'session',
    limit,
    signal,
  )
  const privateKey = fields.get('PRIV') ?? ''
  publicDestination(privateKey)
  return privateKey
}

/** A connection of its own, that is the stream to `name` when this resolves. */
export async function connectStream(
  environment: SamEnvironment,
  id: string,
  name: string,
  signal: AbortSignal,
): Promise<SamConnection> {
  const connection = await SamConnection.open(environment, signal)
  try {
    const destination = await lookUp(connection, environment, name, signal)
    const command = `STREAM CONNECT ID=${id} DESTINATION=${destination} SILENT=false`
    await connection.ask(command, 'STREAM STATUS', 'stream', environment.timeouts.stream, signal)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** The public destination behind a name, in base64. */
export async function lookUp(
  connection: SamConnection,
  { timeouts }: SamEnvironment,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  if (!/^[A-Za-z0-9.-]+$/.test(name)) throw new ProxyError('invalid-address', 'Not a name of I2P')
  const fields = await connection.ask(
    `NAMING LOOKUP NAME=${name}`,
    'NAMING REPLY',
    'naming',
    timeouts.naming,
    signal,
  )
  // Sent back in a command: it has to be what it claims to be.
  return formatDestination(publicDestination(fields.get('VALUE') ?? ''))
}

/** The name that SAM is to look up. @throws ProxyError `invalid-address` */
export function i2pName(address: PeerAddress): string {
  if (networkOf(address) !== 'i2p') {
    throw new ProxyError('invalid-address', `SAM reaches I2P, not ${address.network}`, {
      received: address.network,
    })
  }
  // SAM 3.1 has no ports; Core dials none but 0 either.
  if (address.port !== 0) {
    throw new ProxyError('invalid-address', `An I2P destination has port 0, not ${address.port}`, {
      expected: 0,
      received: address.port,
    })
  }
  return formatHost(address)
}
