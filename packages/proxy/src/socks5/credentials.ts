/**
 * Credentials (RFC 1929) that keep circuits apart (Tor: `IsolateSOCKSAuth`).
 * https://www.rfc-editor.org/rfc/rfc1929
 * https://spec.torproject.org/socks-extensions.html
 * @module
 */

import { createHmac } from 'node:crypto'
import type { Random } from '@sapwood/transport-v1v2/environment'
import { ProxyError } from '../errors/proxy-error.ts'
import { MAX_TEXT_LENGTH } from './protocol.ts'
import type { SocksTarget } from './target.ts'

/** RFC 1929; each 1 to 255 bytes of UTF-8. */
export interface Socks5Credentials {
  readonly username: string
  readonly password: string
}

/** See `Socks5Isolation`. */
export const SOCKS5_ISOLATIONS = ['per-connection', 'per-destination', 'per-key', 'shared'] as const

/**
 * Which connections may share what the proxy keeps apart by credentials: Tor gives streams with different
 * ones different circuits (its default, `IsolateSOCKSAuth`), so that no exit sees which of them are the same
 * node's.
 *
 * - `per-connection`: fresh random credentials each time, as Core's `-proxyrandomize`. A dial with an
 *   `isolation` key gets credentials of that key, so that the redial of a connection keeps those of its first
 *   attempt.
 * - `per-destination`: the same credentials for the same address and port, whatever the key.
 * - `per-key`: the same credentials for the same `isolation` key; dials without a key share theirs.
 * - `shared`: the credentials of `auth`, or none.
 */
export type Socks5Isolation = (typeof SOCKS5_ISOLATIONS)[number]

/** Bytes of the secret that makes credentials unpredictable and tells two runs apart. */
const SECRET_LENGTH = 32
/** Hex digits of a generated username, and of its password. */
const GENERATED_LENGTH = 32

/** Chooses the credentials of each dial. */
export type CredentialSource = (target: SocksTarget, key: string | undefined) => Socks5Credentials | undefined

export function createCredentialSource(
  isolation: Socks5Isolation,
  auth: Socks5Credentials | undefined,
  random: Random,
): CredentialSource {
  if (isolation === 'shared') return () => auth
  const secret = random.bytes(SECRET_LENGTH)
  // Derived instead of remembered: no table that grows with every key a program ever used.
  const derive = (label: string): Socks5Credentials => {
    const digest = createHmac('sha256', secret).update(label).digest('hex')
    return { username: digest.slice(0, GENERATED_LENGTH), password: digest.slice(GENERATED_LENGTH) }
  }
  let connections = 0
  return ({ host, port }, key) => {
    if (isolation === 'per-destination') return derive(`destination ${host} ${port}`)
    if (key !== undefined) return derive(`key ${key}`)
    return derive(isolation === 'per-key' ? 'no key' : `connection ${connections++}`)
  }
}

/** @throws ProxyError `invalid-options` */
export function checkCredentials({ username, password }: Socks5Credentials): void {
  const encoder = new TextEncoder()
  for (const [name, text] of [
    ['username', username],
    ['password', password],
  ] as const) {
    const length = encoder.encode(text).length
    if (length < 1 || length > MAX_TEXT_LENGTH) {
      throw new ProxyError('invalid-options', `A SOCKS5 ${name} is 1 to 255 bytes (RFC 1929)`, {
        limit: MAX_TEXT_LENGTH,
        received: length,
      })
    }
  }
}
