import type { FleetPlan } from './fleet-plan.ts'
import { type FleetChild, startChild } from './fleet-child.ts'

/**
 * All of a plan's listeners, in so many processes; resolves when each can be dialled.
 * @param built as for `startChild`.
 */
export async function startListeners(
  plan: FleetPlan,
  processes: number,
  built?: string,
): Promise<readonly FleetChild[]> {
  const share = Math.ceil(plan.listeners / processes)
  const children = Array.from({ length: processes }, (_, index) => {
    const from = index * share
    const orders = { plan, from, before: Math.min(from + share, plan.listeners) }
    return startChild('listener-process', `listeners ${index + 1}`, orders, built)
  })
  try {
    await Promise.all(children.map((child) => child.reported('listening')))
    return children
  } catch (error) {
    await Promise.all(children.map((child) => child.kill()))
    throw error
  }
}
