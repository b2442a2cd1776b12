import { bytesToHex, hexToBytes, networkMagics } from '@sapwood/wire-codec'

/** The magics of the networks that are known, but for `magic`. */
export function otherMagics(magic: Uint8Array): Uint8Array[] {
  const own = bytesToHex(magic)
  return Object.values(networkMagics)
    .filter((known) => known !== own)
    .map((known) => hexToBytes(known))
}

/** For messages: the name of the network whose magic these four bytes are, else what they are. */
export function networkOfMagic(magic: string): string {
  const known = Object.entries(networkMagics).find(([, other]) => other === magic)
  return known === undefined ? `an unknown network (magic ${magic})` : known[0]
}
