/**
 * Destinations of I2P.
 * https://geti2p.net/spec/common-structures#destination
 * @module
 */

import { createHash } from 'node:crypto'
import type { NetworkAddress } from '@sapwood/wire-codec'
import { ProxyError } from '../errors/proxy-error.ts'

/**
 * An I2P destination in the base64 of I2P (`-` and `~` instead of `+` and `/`): 387 bytes of keys, then a
 * certificate of the length in its own bytes 1 and 2 (I2P common structures, "Destination").
 */
const FIXED_LENGTH = 387
/** Where the length of the certificate is, big-endian. */
const CERTIFICATE_LENGTH_OFFSET = 385
/** Bytes of a destination with its private keys, at most: far above that of any signature type. */
const MAX_LENGTH = 8_192

/** Signature type Ed25519 (`EdDSA_SHA512_Ed25519`), as Core asks for it. */
export const SIGNATURE_TYPE = 7

/**
 * The public part of a destination, which stands before the private keys.
 * @throws ProxyError `protocol-violation`
 */
export function publicDestination(base64: string): Uint8Array {
  if (!/^[A-Za-z0-9~-]+=*$/.test(base64)) throw malformed()
  const bytes = Buffer.from(base64.replaceAll('-', '+').replaceAll('~', '/'), 'base64')
  if (bytes.length < FIXED_LENGTH || bytes.length > MAX_LENGTH) throw malformed()
  const length = FIXED_LENGTH + bytes.readUInt16BE(CERTIFICATE_LENGTH_OFFSET)
  if (bytes.length < length) throw malformed()
  return new Uint8Array(bytes.subarray(0, length))
}

/** The address of a destination: the SHA-256 of its public part; its port is always 0 (BIP155). */
export function destinationAddress(destination: Uint8Array): NetworkAddress {
  const hash = createHash('sha256').update(destination).digest()
  return { network: 'i2p', bytes: new Uint8Array(hash), port: 0 }
}

/** The base64 of I2P. */
export function formatDestination(destination: Uint8Array): string {
  return Buffer.from(destination).toString('base64').replaceAll('+', '-').replaceAll('/', '~')
}

function malformed(): ProxyError {
  return new ProxyError('protocol-violation', 'Not an I2P destination', { step: 'session' })
}
