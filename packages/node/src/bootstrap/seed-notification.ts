import type { NetworkAddress } from '@sapwood/wire-codec'

/** A DNS seed answered, or did not; or the fixed seeds have been read. */
export interface SeedNotification {
  readonly type: 'seeded'
  readonly seed: string
  readonly from: 'dns' | 'fixed-seeds'
  readonly addresses: readonly NetworkAddress[]
  readonly error?: Error
}
