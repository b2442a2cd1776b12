import type { TurnLane } from '@sapwood/transport-v1v2/environment'
import type { ServingContext } from '../contract/peer-services.ts'

/** `ServingContext.work`: what is done counts as the lane's, and waits for its turn. */
export function workInLane(lane: TurnLane): NonNullable<ServingContext['work']> {
  return async (task) => {
    lane.enter()
    const wait = lane.due()
    if (wait !== undefined) await wait
    try {
      return task()
    } finally {
      lane.leave()
    }
  }
}
