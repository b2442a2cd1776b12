import type { NetworkAddress } from '@sapwood/wire-codec'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { ConnectionKeeper } from '../connections/connection-keeper.ts'
import type { InboundGate } from '../connections/inbound-gate.ts'
import type { InboundStream } from '../connections/listener.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import type { EventSink } from '../events/event-source.ts'
import type { Conduct } from './conduct.ts'

export interface InboundDriverComponents {
  readonly gate: InboundGate
  readonly connections: Pick<ConnectionKeeper, 'admit'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly conduct: Pick<Conduct, 'letGo' | 'isDiscouraged'>
  readonly events: EventSink<ConnectionEvents>
}

/** Lets in those that dial us, or turns them away, as the gate says. */
export class InboundDriver {
  readonly #parts: InboundDriverComponents

  constructor(components: InboundDriverComponents) {
    this.#parts = components
  }

  dialled(inbound: InboundStream): void {
    const { gate, networkSwitch, connections, conduct } = this.#parts
    const { address } = inbound
    const admission = gate.judge(inbound, networkSwitch.isOn)
    if (!admission.admit) {
      this.#refuse(inbound, admission.why, address)
      return
    }
    if (admission.evict !== undefined) conduct.letGo(admission.evict, 'evicted')
    const record = connections.admit(inbound)
    record.discouraged = address !== undefined && conduct.isDiscouraged(address)
  }

  #refuse(
    { stream }: InboundStream,
    why: ConnectionEvents['inbound-refused']['why'],
    address: NetworkAddress | undefined,
  ): void {
    stream.abort(new Error(why))
    this.#parts.events.emit('inbound-refused', { why, ...(address === undefined ? {} : { address }) })
  }
}
