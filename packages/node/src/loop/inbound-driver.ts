import type { NetworkAddress } from '@sapwood/wire-codec'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { ConnectionManager } from '../connections/connection-manager.ts'
import type { InboundGate } from '../connections/inbound-gate.ts'
import type { InboundStream } from '../connections/listener.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import type { EventSink } from '../events/event-source.ts'
import type { BanManager } from './ban-manager.ts'

export interface InboundDriverComponents {
  readonly gate: InboundGate
  readonly connections: Pick<ConnectionManager, 'admit'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly banManager: Pick<BanManager, 'letGo' | 'isDiscouraged'>
  readonly events: EventSink<ConnectionEvents>
}

/** Lets in those that dial us, or turns them away, as the gate says. */
export class InboundDriver {
  readonly #parts: InboundDriverComponents

  constructor(components: InboundDriverComponents) {
    this.#parts = components
  }

  /** @param inbound with its address in canonical form. */
  dialled(inbound: InboundStream): void {
    const { gate, networkSwitch, connections, banManager } = this.#parts
    const { address } = inbound
    const admission = gate.judge(inbound, networkSwitch.isOn)
    if (!admission.admit) {
      this.#refuse(inbound, admission.why, address)
      return
    }
    if (admission.evict !== undefined) banManager.letGo(admission.evict, 'evicted')
    const record = connections.admit(inbound)
    record.discouraged = address !== undefined && banManager.isDiscouraged(address)
  }

  #refuse(
    { stream }: InboundStream,
    why: ConnectionEvents['inbound-refused']['why'],
    address: NetworkAddress | undefined,
  ): void {
    stream.abort(new Error(why))
    this.#parts.events.emit('inbound-refused', { why, ...(address !== undefined && { address }) })
  }
}
