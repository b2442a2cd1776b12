export { attachNode } from './attach-node.ts'
export type { Remote, RemoteNode } from './remote-node.ts'
export type { RemotePort } from './remote-port.ts'
export { serveNode } from './serve-node.ts'
