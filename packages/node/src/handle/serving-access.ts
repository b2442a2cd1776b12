import type { CallQueue } from '../loop/call-queue.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { ServiceTable } from '../connections/service-table.ts'
import { anOffer } from './node-checks.ts'
import type { ServingAccess } from './node-handle.ts'

/** Lets programs serve more while the node runs. */
export function createServingAccess(components: {
  readonly served: ServiceTable
  readonly calls: Pick<CallQueue, 'post'>
  readonly recheckServed: () => void
}): ServingAccess {
  const { served, calls, recheckServed } = components
  return {
    offer: (offer) => {
      refuseArgument(anOffer, offer, 'serving.offer')
      served.add(offer)
      return {
        recheck: () => calls.post('recheck-served', recheckServed),
        withdraw: () => served.remove(offer),
      }
    },
  }
}
