import type { NodeHandle } from './node-handle.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'

/**
 * Starts a node.
 * @returns once the store is open and the listeners listen.
 * @throws NodeError `invalid-address`, `listen-failed`, `store-corrupt`, `store-failed`.
 */
export function createNode(options: NodeOptions, components: NodeComponents = {}): Promise<NodeHandle> {
  return Promise.reject(new Error(`not built yet: ${options.network.name} ${Object.keys(components).length}`))
}
