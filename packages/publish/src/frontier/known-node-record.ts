import type { PeerAddress } from '@sapwood/wire-codec'
import { type KnownNode, neverTried } from './known-node.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const EMPTY = new Uint8Array(0)

/** A known node without its address, which is its key; services are decimal text. */
type NodeRecord = Omit<KnownNode, 'address' | 'services'> & {
  readonly address?: undefined
  readonly services?: string
}

/**
 * What a store keeps of an address, as JSON in UTF-8. Of one that was never tried it keeps nothing: most
 * addresses that are gossiped are of this kind.
 */
export function encodeKnownNode({ services, ...facts }: KnownNode): Uint8Array {
  if (facts.round === 0) return EMPTY
  const record: NodeRecord = {
    ...facts,
    address: undefined,
    ...(services !== undefined && { services: String(services) }),
  }
  return encoder.encode(JSON.stringify(record))
}

/** What a store has kept. What does not read back counts as never tried: the address is visited again. */
export function decodeKnownNode(address: PeerAddress, bytes: Uint8Array): KnownNode {
  if (bytes.length === 0) return neverTried(address)
  try {
    const { services, ...facts } = JSON.parse(decoder.decode(bytes)) as NodeRecord
    if (!Number.isInteger(facts.round) || !Number.isInteger(facts.failures)) return neverTried(address)
    return { ...facts, address, ...(services !== undefined && { services: BigInt(services) }) }
  } catch {
    return neverTried(address)
  }
}
