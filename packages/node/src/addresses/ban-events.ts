import type { NetworkAddress } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { BanEntry } from './ban-list.ts'

/** What is told of bans, and of those who are avoided without one. */
export interface BanEvents {
  /** An address misbehaved and is avoided from now on. */
  discouraged: { readonly address: NetworkAddress; readonly peer: PeerId; readonly detail: string }
  'ban-added': { readonly ban: BanEntry }
  'ban-lifted': { readonly ban: BanEntry; readonly why: 'expired' | 'requested' }
}
