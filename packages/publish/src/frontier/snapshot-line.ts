import { formatPeerAddress } from '@sapwood/wire-codec'
import type { KnownNode } from './known-node.ts'

/** Hexadecimal digits of the 64 service bits. */
const SERVICES_DIGITS = 16

/**
 * One node of a snapshot as a line of JSON, without the newline: `address`, `network`, `round`, `reached`,
 * `failures`, and where it was ever visited `lastTry` (milliseconds since 1970) and `worker`; of one that
 * answered `transport`, `services` (16 hexadecimal digits), `version`, `userAgent`, `height`; `failure` of
 * one that did not.
 */
export function snapshotLine({ address, services, ...facts }: KnownNode): string {
  return JSON.stringify({
    address: formatPeerAddress(address),
    network: address.network,
    ...facts,
    ...(services !== undefined && { services: services.toString(16).padStart(SERVICES_DIGITS, '0') }),
  })
}
