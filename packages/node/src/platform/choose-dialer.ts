import { buildDialer } from '#platform'
import { NodeError } from '../errors/node-error.ts'
import type { NodeDialer } from '../connections/node-dialer.ts'
import type { BuildDialerComponents, ReachOptions } from '../connections/reach-options.ts'
import { createRelayDialer } from '../connections/relay-dialer.ts'

/** Beside a relay each would be passed over, and what it was to hide be sent another way. */
const NOT_WITH_A_RELAY = [
  'proxy',
  'onion',
  'i2p',
  'cjdns',
  'onlyNet',
] as const satisfies (keyof ReachOptions)[]

/**
 * The dialer that these options ask for.
 * @throws NodeError `invalid-argument` for a relay together with what only sockets reach, and in a web page
 * without a relay; ProxyError `invalid-options`.
 */
export function chooseDialer(options: ReachOptions, components: BuildDialerComponents): NodeDialer {
  if (options.relay === undefined) return buildDialer(options, components)
  const odd = NOT_WITH_A_RELAY.find((name) => options[name] !== undefined && options[name] !== false)
  if (odd !== undefined)
    throw new NodeError('invalid-argument', `createNode: options.${odd} means nothing beside options.relay`, {
      received: odd,
    })
  return createRelayDialer(options.relay, components)
}
