import type { CallQueue } from '../loop/call-queue.ts'
import type { ServiceTable } from '../loop/service-table.ts'
import type { ServingControl } from './node-handle.ts'

/** Lets programs serve more while the node runs. */
export function createServingControl(components: {
  readonly served: ServiceTable
  readonly calls: Pick<CallQueue, 'post'>
  readonly recheckServed: () => void
}): ServingControl {
  const { served, calls, recheckServed } = components
  return {
    offer: (offer) => {
      served.add(offer)
      return {
        recheck: () => calls.post('recheck-served', recheckServed),
        withdraw: () => served.remove(offer),
      }
    },
  }
}
