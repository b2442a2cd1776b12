import { systemRandom } from '@sapwood/transport-v1v2/environment'
import type { ProxyDialer } from '../router/route.ts'
import { connectStream, i2pName, openSession } from './sam-commands.ts'
import { type SamComponents, samEnvironment, type SamOptions } from './sam-options.ts'

/** Tunnels in each direction of a session that serves a single connection (Core). */
const TRANSIENT_TUNNELS = 1

/**
 * A dialer for I2P that shows each peer another destination, as Core does when it does not listen on I2P:
 * each connection has a transient session of its own, which ends with it.
 */
export function createSamDialer(options: SamOptions = {}, components: SamComponents = {}): ProxyDialer {
  const environment = samEnvironment(options, components)
  const random = components.random ?? systemRandom
  return {
    resolvesNames: false,
    routeOf: () => 'i2p',
    dial: async (address, { signal }) => {
      signal.throwIfAborted()
      const name = i2pName(address)
      const session = await openSession(
        environment,
        random,
        { destination: undefined, tunnels: TRANSIENT_TUNNELS },
        signal,
      )
      try {
        const stream = await connectStream(environment, session.id, name, signal)
        return stream.takeStream(() => session.control.close())
      } catch (error) {
        session.control.close()
        throw error
      }
    },
  }
}
