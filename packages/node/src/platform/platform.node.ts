/** What Node.js, Bun and Deno have, and a page has otherwise or not: the same names as `platform.ts`. */
export { systemResolver } from '@sapwood/transport-v1v2/tcp'
export { buildDialer } from '../connections/build-dialer.node.ts'
export { createTcpListener } from '../connections/tcp-listener.node.ts'
export { loopDelayMonitorFor } from './default-loop-delay.node.ts'
export { makeFolder } from '../store/make-folder.node.ts'
export { openStore } from '../store/open-store.node.ts'
