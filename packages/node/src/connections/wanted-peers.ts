import { Services } from '@sapwood/wire-codec'

/** Peers of which some of the full-relay connections are kept, where such are known. */
export interface WantedPeers {
  /** Connections that are kept for them. */
  readonly count: number
  /** Each a set of services with one of which they do: all of it has to be offered. */
  readonly services: readonly bigint[]
}

/** For compact block filters: two, so that one can be held against the other. */
export const filterPeers: WantedPeers = { count: 2, services: [Services.COMPACT_FILTERS] }
/** For the proofs of blocks: two, so that one that is silent, or lies, holds nothing up. */
export const utreexoPeers: WantedPeers = {
  count: 2,
  services: [Services.UTREEXO_ARCHIVE, Services.UTREEXO],
}

/** Whether one with these services is one of them. */
export function isOneOf({ services }: WantedPeers, offered: bigint): boolean {
  return services.some((bits) => (offered & bits) === bits)
}
