import type { PeerId } from '@sapwood/peer'

/** What is told of the address tables. */
export interface AddressEvents {
  /** Addresses entered the address tables. */
  'addresses-added': { readonly count: number; readonly from?: PeerId | 'dns' | 'fixed-seeds' | 'seed-node' }
}
