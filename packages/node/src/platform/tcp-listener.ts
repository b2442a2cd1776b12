import { NodeError } from '../errors/node-error.ts'
import type { Listener } from '../connections/listener.ts'
import type { TcpListenerOptions } from '../connections/tcp-listener-options.ts'

/** @throws NodeError `listen-failed`: nobody can reach a web page. */
export const createTcpListener: (options?: TcpListenerOptions) => Listener = () => {
  throw new NodeError('listen-failed', 'A web page has no TCP: nobody can reach it.')
}
