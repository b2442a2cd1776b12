import { PeerError } from './peer-error.ts'

declare const brand: unique symbol

/**
 * What one connection is known by, from its dial or accept to its end. Never an address, never reused in a
 * process.
 */
export type PeerId = number & { readonly [brand]: 'peer' }

/**
 * Brands a number as a peer's id. Ids are the owner's to give out; a counter will do.
 * @throws PeerError `invalid-argument` when it is not a non-negative safe integer.
 */
export function peerId(value: number): PeerId {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new PeerError('invalid-argument', `peerId: expected a whole number, 0 or more, got ${value}`)
  return value as PeerId
}
