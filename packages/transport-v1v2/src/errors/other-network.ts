import { bytesToHex, type Network, networks } from '@sapwood/wire-codec'

/** The networks that are known, but for the one of `magic`. */
export function otherNetworks(magic: Uint8Array): Network[] {
  const own = bytesToHex(magic)
  return Object.values(networks).filter((network) => bytesToHex(network.magic) !== own)
}

/** For messages: the name of the network whose magic these four bytes are, else what they are. */
export function networkOfMagic(magic: string): string {
  const known = Object.values(networks).find((network) => bytesToHex(network.magic) === magic)
  return known === undefined ? `an unknown network (magic ${magic})` : known.name
}
