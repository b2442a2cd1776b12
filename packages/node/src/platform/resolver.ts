import { TransportError } from '@sapwood/transport-v1v2'
import type { Resolver } from '@sapwood/transport-v1v2/environment'

/** A browser looks up no names for a page: they go to the relay as they are. */
export const systemResolver: Resolver = {
  resolve: (host) =>
    Promise.reject(new TransportError('resolve-failed', `No address for ${host}: a web page has no DNS`)),
}
