import { type Network, parsePeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { usageError } from '../errors/command-error.ts'

/** Reads a peer's address; the network's port where it has none. @throws CommandError */
export function readAddress(text: string, { defaultPort }: Network): PeerAddress {
  try {
    return parsePeerAddress(text, { defaultPort })
  } catch (error) {
    throw usageError(`'${text}' is no address: ${error instanceof Error ? error.message : ''}`, error)
  }
}
