import type { NamedAddress, NetworkAddress } from '@sapwood/wire-codec'
import {
  type ByteStream,
  type Dialer,
  MAX_ADDRESSES_PER_NAME,
  raceDials,
  TransportError,
} from '@sapwood/transport-v1v2'
import { type Clock, type Random, type Resolver, shuffle } from '@sapwood/transport-v1v2/environment'
import { addressKey } from '../addresses/address-key.ts'
import { canonicalAddress } from '../addresses/canonical-address.ts'

export interface NamedDialerComponents {
  readonly clock: Clock
  readonly random: Random
  /** Dials addresses; and the name, where `resolver` does not know it and this resolves by itself. */
  readonly dialer: Dialer
  readonly resolver: Resolver
  /** Is told what the name stands for. @returns those that are to be dialled. @throws where none is. */
  readonly onFound: (addresses: readonly NetworkAddress[]) => readonly NetworkAddress[]
  /** Is told which of them was reached. */
  readonly onReached: (address: NetworkAddress) => void
}

/**
 * A dialer for one connection to a name. It asks once which addresses the name stands for, and tries them
 * all, so that the node knows who it is that it connects to; a redial goes to the address that was reached
 * before.
 */
export function createNamedDialer(name: NamedAddress, components: NamedDialerComponents): Dialer {
  const { clock, random, dialer, resolver, onFound, onReached } = components
  let targets: readonly NetworkAddress[] | undefined
  return {
    dial: async (_, options) => {
      const { signal } = options
      if (targets === undefined) {
        const found = await lookUp(name, resolver, signal).catch((error: unknown) => {
          if (dialer.resolver !== undefined || signal.aborted) throw error
          return []
        })
        signal.throwIfAborted()
        // A dialer of the program's own may know names that the resolver of the DNS seeds does not.
        if (found.length === 0 && dialer.resolver === undefined) return await dialer.dial(name, options)
        if (found.length === 0) throw new TransportError('resolve-failed', `No address for ${name.host}`)
        // One of them may take every connection and answer none: the next attempt is another's (Core,
        // `ConnectNode`).
        targets = shuffle(random, [...onFound(found)])
      }
      const ways = new Map<ByteStream, NetworkAddress>()
      const stream = await raceDials(
        targets,
        async (target, each) => {
          const opened = await dialer.dial(target, { ...options, signal: each })
          ways.set(opened, target)
          return opened
        },
        { clock, signal },
      )
      const reached = ways.get(stream)!
      targets = [reached]
      onReached(reached)
      return stream
    },
  }
}

/** What the name stands for, each address once, with the port of the name. */
async function lookUp(
  { host, port }: NamedAddress,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<readonly NetworkAddress[]> {
  const found = new Map<string, NetworkAddress>()
  for (const address of await resolver.resolve(host, { signal })) {
    // A resolver may be a program's own, and what it gives of any size and form.
    const target = canonicalAddress({ ...address, port })
    if (target === undefined) continue
    found.set(addressKey(target), target)
    if (found.size >= MAX_ADDRESSES_PER_NAME) break
  }
  return [...found.values()]
}
