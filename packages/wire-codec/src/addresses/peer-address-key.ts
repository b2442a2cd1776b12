import { bytesToHex } from '../bytes/hex.ts'
import type { PeerAddress } from './network-address.ts'

/**
 * A string that two addresses share exactly when network, bytes (or name) and port are the same;
 * for maps and stores.
 */
export function peerAddressKey(address: PeerAddress): string {
  const host = address.network === 'name' ? address.host : bytesToHex(address.bytes)
  const zone = address.network === 'name' || address.zone === undefined ? '' : `%${address.zone}`
  return `${address.network}/${host}${zone}/${address.port}`
}
