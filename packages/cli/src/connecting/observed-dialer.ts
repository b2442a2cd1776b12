import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import type { Clock, Resolver } from '@sapwood/transport-v1v2/environment'
import { formatHost } from '@sapwood/wire-codec'

/** What happened on the way to an open stream. Milliseconds are those of this step alone. */
export type DialStep =
  | {
      readonly step: 'resolve'
      readonly host: string
      readonly addresses: readonly string[]
      readonly milliseconds: number
    }
  | { readonly step: 'dial'; readonly opened: boolean; readonly milliseconds: number }

/** A resolver that tells what it found, and how long it took. */
export function observedResolver(
  resolver: Resolver,
  clock: Clock,
  tell: (step: Extract<DialStep, { step: 'resolve' }>) => void,
): Resolver {
  return {
    async resolve(host, options) {
      const started = clock.now()
      const found = await resolver.resolve(host, options)
      const addresses = found.map(formatHost)
      tell({ step: 'resolve', host, addresses, milliseconds: clock.now() - started })
      return found
    },
  }
}

/**
 * A dialer that tells of each dial, without the time that a name took (`resolving` says how long that was).
 */
export function observedDialer(
  dialer: Dialer,
  clock: Clock,
  resolving: () => number,
  tell: (step: Extract<DialStep, { step: 'dial' }>) => void,
): Dialer {
  return {
    ...dialer,
    async dial(address, options): Promise<ByteStream> {
      const started = clock.now()
      const before = resolving()
      const milliseconds = (): number => clock.now() - started - (resolving() - before)
      try {
        const stream = await dialer.dial(address, options)
        tell({ step: 'dial', opened: true, milliseconds: milliseconds() })
        return stream
      } catch (error) {
        tell({ step: 'dial', opened: false, milliseconds: milliseconds() })
        throw error
      }
    },
  }
}
