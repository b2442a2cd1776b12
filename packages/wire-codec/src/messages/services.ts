/**
 * Service bits (BIP111, BIP144, BIP157, BIP159, BIP324).
 * https://github.com/bitcoin/bips/blob/master/bip-0111.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0144.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0159.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

/** What a node offers, as bits of the services field. */
export const Services = {
  NONE: 0n,
  /** Serves the whole block chain. */
  NETWORK: 0x1n,
  /** BIP64, closed. */
  GETUTXO: 0x2n,
  /** Bloom filters (BIP111). */
  BLOOM: 0x4n,
  /** Blocks and transactions with witnesses (BIP144). */
  WITNESS: 0x8n,
  /** Compact block filters (BIP157). */
  COMPACT_FILTERS: 0x40n,
  /** Serves at least the last 288 blocks (BIP159). */
  NETWORK_LIMITED: 0x400n,
  /** Encrypted transport (BIP324). */
  P2P_V2: 0x800n,
  /** Utreexo proofs of recent blocks (utreexod, Floresta; no BIP number yet). */
  UTREEXO: 0x1000n,
  /** Utreexo proofs of all blocks (utreexod, Floresta; no BIP number yet). */
  UTREEXO_ARCHIVE: 0x2000n,
} as const

/**
 * Whether `services` has every bit of `wanted`.
 * @example
 * hasServices(1033n, Services.NETWORK | Services.WITNESS) // true
 */
export function hasServices(services: bigint, wanted: bigint): boolean {
  return (services & wanted) === wanted
}

/**
 * Names of the known bits of `services`, lowest first, and `BIT_n` for each other one.
 * @example
 * serviceNames(1033n) // [ 'NETWORK', 'WITNESS', 'NETWORK_LIMITED' ]
 */
export function serviceNames(services: bigint): string[] {
  const names: string[] = []
  for (let bit = 0n; bit < 64n; bit++) {
    const flag = 1n << bit
    if ((services & flag) === 0n) continue
    const known = Object.entries(Services).find(([, value]) => value === flag)
    names.push(known === undefined ? `BIT_${bit}` : known[0])
  }
  return names
}
