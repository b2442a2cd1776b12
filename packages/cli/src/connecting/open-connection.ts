import { connect, type ConnectAttempt, type Connection } from '@sapwood/transport-v1v2'
import { systemResolver } from '@sapwood/transport-v1v2/tcp'
import { bytesToHex, type PeerAddress } from '@sapwood/wire-codec'
import type { CommonOptions } from '../options/common-options.ts'
import { buildRoute, fallbackOf, routeText } from './build-route.ts'
import { type DialStep, observedDialer, observedResolver } from './observed-dialer.ts'
import type { Surroundings } from './surroundings.ts'

/** The steps until both sides agree on a transport. */
export type ConnectionStep =
  | Extract<DialStep, { step: 'resolve' }>
  | (Extract<DialStep, { step: 'dial' }> & { readonly via: string })
  | {
      readonly step: 'transport'
      readonly protocol: 'v1' | 'v2'
      /** BIP324's, in hex: both sides can compare it. v2 alone. */
      readonly sessionId?: string
      /** Why v1 is spoken. */
      readonly why?: string
      readonly milliseconds: number
    }

/** Dials by the way that the options say, and tells of each step. @throws what `connect` does. */
export async function openConnection(
  address: PeerAddress,
  options: CommonOptions,
  { clock, signal }: Pick<Surroundings, 'clock' | 'signal'>,
  tell: (step: ConnectionStep) => void,
): Promise<Connection> {
  let resolving = 0
  const resolver = observedResolver(systemResolver, clock, (step) => {
    resolving += step.milliseconds
    tell(step)
  })
  const route = buildRoute(options, resolver)
  const via = routeText(route, options, address)
  const dialer = observedDialer(
    route,
    clock,
    () => resolving,
    (step) => tell({ ...step, via }),
  )
  const connection = await connect(
    address,
    {
      dialer,
      network: options.network,
      fallback: fallbackOf(options),
      signal,
      timeouts: { attempt: options.timeout, total: 2 * options.timeout },
    },
    { clock },
  )
  const { protocol, sessionId, attempts } = connection
  const why = protocol === 'v1' ? whyV1(options, attempts) : undefined
  tell({
    step: 'transport',
    protocol,
    ...(sessionId !== undefined && { sessionId: bytesToHex(sessionId) }),
    ...(why !== undefined && { why }),
    milliseconds: connection.stats().handshakeMilliseconds,
  })
  return connection
}

function whyV1({ v1 }: CommonOptions, attempts: readonly ConnectAttempt[]): string {
  if (v1 === true) return 'as asked for by --v1'
  const failed = attempts.filter(({ protocol }) => protocol === 'v2').at(-1)
  return failed?.error === undefined ? 'the remote is known not to have v2' : failed.error.message
}
