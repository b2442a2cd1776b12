import type { Channel } from '@sapwood/peer'
import { NodeError } from '../errors/node-error.ts'
import type { NodeNotification } from './node-notification.ts'

/** Runs things on the node's loop: the only way in for programs. */
export interface CallQueue {
  /**
   * Resolves with what `perform` returns, or rejects with what it throws.
   * Rejects with `stopped` once `refuse` was called.
   */
  call<T>(name: string, perform: () => T | Promise<T>): Promise<T>
  /** The same for what nobody waits for; it is run until the loop ends. */
  post(name: string, perform: () => void): void
  /** No call is run from now on: the node is stopping, and what it would act on is being taken down. */
  refuse(): void
}

export function createCallQueue(notifications: Channel<NodeNotification>): CallQueue {
  let refusing = false
  return {
    call: (name, perform) =>
      new Promise((resolve, reject) => {
        const run = (): void => {
          try {
            if (refusing) throw stopped()
            resolve(perform())
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          }
        }
        notifications.send({ type: 'user', call: name, run }).catch(() => reject(stopped()))
      }),
    post: (name, perform) => {
      notifications.send({ type: 'user', call: name, run: perform }).catch(() => undefined)
    },
    refuse: () => {
      refusing = true
    },
  }
}

function stopped(): NodeError {
  return new NodeError('stopped', 'The node is stopping, or has stopped')
}
