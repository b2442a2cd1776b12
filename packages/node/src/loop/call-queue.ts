import type { Channel } from '@sapwood/peer'
import { NodeError } from '../errors/node-error.ts'
import type { NodeNotification } from './node-notification.ts'

/** Runs things on the node's loop: the only way in for programs. */
export interface CallQueue {
  /** Resolves with what `perform` returns, or rejects with what it throws. Rejects with `stopped` once the loop has ended. */
  call<T>(name: string, perform: () => T | Promise<T>): Promise<T>
  /** The same for what nobody waits for. */
  post(name: string, perform: () => void): void
}

export function createCallQueue(notifications: Channel<NodeNotification>): CallQueue {
  return {
    call: (name, perform) =>
      new Promise((resolve, reject) => {
        const run = (): void => {
          try {
            resolve(perform())
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          }
        }
        notifications
          .send({ type: 'user', call: name, run })
          .catch(() => reject(new NodeError('stopped', 'The node has stopped')))
      }),
    post: (name, perform) => {
      notifications.send({ type: 'user', call: name, run: perform }).catch(() => undefined)
    },
  }
}
