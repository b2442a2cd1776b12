import { type Network, parsePeerAddress, type PeerAddress } from '@sapwood/wire-codec'

/** An address as `formatPeerAddress` has written it. @returns undefined for anything else. */
export function readAddress(text: string, { defaultPort }: Network): PeerAddress | undefined {
  try {
    return parsePeerAddress(text, { defaultPort })
  } catch {
    return undefined
  }
}
