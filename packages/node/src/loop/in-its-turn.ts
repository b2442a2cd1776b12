import type { ServingContext } from '@sapwood/peer'

/** Does the work of an answer, after something was waited for, as the remote's that has asked. */
export function inItsTurn<T>({ work }: ServingContext, task: () => T): T | Promise<T> {
  return work === undefined ? task() : work(task)
}
