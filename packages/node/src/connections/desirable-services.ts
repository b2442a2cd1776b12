import { hasServices, Services } from '@sapwood/wire-codec'

/**
 * Service bits that a peer of the node's own choice must offer, given those that it does offer (Core,
 * `GetDesirableServiceFlags`): `WITNESS` and `NETWORK`, or `NETWORK_LIMITED` where recent blocks are all that
 * is needed of it.
 */
export function desirableServices(offered: bigint, acceptsLimited: boolean): bigint {
  const isLimited = acceptsLimited && hasServices(offered, Services.NETWORK_LIMITED)
  return Services.WITNESS | (isLimited ? Services.NETWORK_LIMITED : Services.NETWORK)
}
