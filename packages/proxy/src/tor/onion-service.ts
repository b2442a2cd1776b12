/**
 * Onion services made over the control port (control-spec, ADD_ONION).
 * https://spec.torproject.org/control-spec/
 * @module
 */

import { type NetworkAddress, parseHost } from '@sapwood/wire-codec'
import { aBoolean, aText, either, needed, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { isProxyError, ProxyError } from '../errors/proxy-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { parseKeyValues } from '../socket/key-values.ts'
import type { ControlConnection } from './control-connection.ts'

/** The port of the machine that Tor hands an onion service's connections to. */
export type OnionTarget = { readonly host: string; readonly port: number } | { readonly path: string }

/** Which onion service Tor is to make. */
export interface OnionServiceOptions {
  /** Port of the onion address. */
  readonly port: number
  /** Where we listen. */
  readonly target: OnionTarget
  /**
   * The key of a service that was made before, as `OnionService.privateKey` gave it: `ED25519-V3:` and
   * base64. Default: a new one.
   */
  readonly privateKey?: string
  /**
   * Whether Tor asks clients for proof of work when it is flooded (proposal 327). Where this Tor cannot, the
   * service is made without. Default: true.
   */
  readonly proofOfWork?: boolean
}

/** What Tor made of it. */
export interface AddedOnion {
  readonly serviceId: string
  readonly privateKey: string
  readonly proofOfWork: boolean
}

const KEY_TYPE = 'ED25519-V3'
const KEY_PATTERN = /^ED25519-V3:[A-Za-z0-9+/]{86}={0,2}$/

const aPortOfAService = wholeNumber(1, 0xffff)
const onionServiceOptions = optionsOf<OnionServiceOptions>({
  port: needed(aPortOfAService),
  target: needed(
    either(
      "{ host, port } or { path }, as { host: '127.0.0.1', port: 8334 }",
      optionsOf<{ host: string; port: number }>({ host: needed(aText), port: needed(aPortOfAService) }),
      optionsOf<{ path: string }>({ path: needed(aText) }),
    ),
  ),
  privateKey: aText,
  proofOfWork: aBoolean,
})

/** @throws ProxyError `invalid-options` */
export function checkOnionServiceOptions(options: OnionServiceOptions): void {
  refuseArgument(onionServiceOptions, options, 'addOnion: options')
  const { target, privateKey } = options
  if (/[\s",]/.test('path' in target ? target.path : target.host)) {
    throw new ProxyError('invalid-options', 'The target of an onion service holds no space, quote or comma')
  }
  if (privateKey !== undefined && !KEY_PATTERN.test(privateKey)) {
    throw new ProxyError('invalid-options', `Not a key of the form ${KEY_TYPE}:<base64>`)
  }
}

/** Makes the service on a connection; Tor ends it with that. @throws ProxyError */
export async function addOnion(
  connection: ControlConnection,
  options: OnionServiceOptions,
): Promise<AddedOnion> {
  const { port, target, privateKey, proofOfWork = true } = options
  const command = `ADD_ONION ${privateKey ?? `NEW:${KEY_TYPE}`} Port=${port},${formatTarget(target)}`
  if (proofOfWork) {
    try {
      return await send(connection, `${command} PoWDefensesEnabled=1`, privateKey, true)
    } catch (error) {
      // An older Tor, or one built without the module, knows no such argument.
      // Core tries again without it too.
      if (!isProxyError(error) || error.code !== 'control-refused') throw error
    }
  }
  return await send(connection, command, privateKey, false)
}

async function send(
  connection: ControlConnection,
  command: string,
  knownKey: string | undefined,
  proofOfWork: boolean,
): Promise<AddedOnion> {
  const { lines } = await connection.command(command)
  const fields = parseKeyValues(lines.join('\n'))
  const serviceId = fields.get('ServiceID')
  const privateKey = fields.get('PrivateKey') ?? knownKey
  if (serviceId === undefined || privateKey === undefined) {
    throw new ProxyError('protocol-violation', "Tor's reply to ADD_ONION lacks the service or its key", {
      step: 'command',
    })
  }
  return { serviceId, privateKey, proofOfWork }
}

/** The address that others dial. @throws ProxyError `protocol-violation` where the id is none of Tor v3. */
export function onionAddress(serviceId: string, port: number): NetworkAddress {
  try {
    const address = parseHost(`${serviceId}.onion`, port)
    if (address.network === 'torv3') return address
  } catch {
    // Not a name at all, or one with a wrong checksum.
  }
  throw new ProxyError('protocol-violation', 'The id of the onion service is no Tor v3 address', {
    step: 'command',
    received: serviceId,
  })
}

function formatTarget(target: OnionTarget): string {
  if ('path' in target) return `unix:${target.path}`
  return target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`
}
