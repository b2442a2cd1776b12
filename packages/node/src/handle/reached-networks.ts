import type { AddressNetwork } from '@sapwood/wire-codec'
import type { NodeDialer } from '../connections/node-dialer.ts'
import type { ReachOptions } from '../connections/reach-options.ts'
import { NodeError } from '../errors/node-error.ts'
import { DIRECT_NETWORKS } from './node-defaults.ts'

/**
 * The networks that the node picks addresses of by itself: those that the dialer reaches, and of them those
 * of `onlyNet`, whoever made the dialer.
 * @throws NodeError `invalid-argument` for a dialer that reaches none of them, or that looks names up on this
 * machine where neither IPv4 nor IPv6 is among them.
 */
export function reachedNetworks(
  { reachable, resolver, resolvesNames }: NodeDialer,
  onlyNet: ReachOptions['onlyNet'],
): ReadonlySet<AddressNetwork> {
  if (onlyNet === undefined) return reachable ?? DIRECT_NETWORKS
  const wanted = onlyNet.map((name): AddressNetwork => (name === 'onion' ? 'torv3' : name))
  const reached = wanted.filter((network) => reachable?.has(network) ?? true)
  if (wanted.length > 0 && reached.length === 0)
    throw refused(`the dialer reaches none of ${onlyNet.join(', ')}`)
  if (isHidden(onlyNet) && (resolver !== undefined || resolvesNames === true))
    throw refused('the dialer looks names up on this machine, which tells of what those networks hide')
  return new Set(reached)
}

/** Whether only networks are wanted in which nobody learns who talks to whom. */
export function isHidden(onlyNet: ReachOptions['onlyNet']): boolean {
  return onlyNet !== undefined && !onlyNet.some((name) => name === 'ipv4' || name === 'ipv6')
}

function refused(why: string): NodeError {
  return new NodeError('invalid-argument', `createNode: options.onlyNet: ${why}`, { detail: 'onlyNet' })
}
