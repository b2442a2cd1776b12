/** What a page or a worker of a browser has: the same names as `platform.node.ts`, and nothing of Node.js. */
export { buildDialer } from './build-dialer.ts'
export { loopDelayMonitorFor } from './loop-delay.ts'
export { systemResolver } from './resolver.ts'
export { makeFolder } from './make-folder.ts'
export { openStore } from './open-store.ts'
export { createTcpListener } from './tcp-listener.ts'
