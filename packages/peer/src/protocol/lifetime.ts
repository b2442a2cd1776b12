import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { ConnectionKind } from '../contract/connection-kind.ts'
import type { DisconnectReason, PeerState } from '../contract/disconnect-reason.ts'
import type { PeerTimeouts } from '../contract/peer-options.ts'

/** How long the handshake may take, and a connection with a purpose of its own until that is met. */
export class Lifetime {
  readonly #kind: ConnectionKind
  readonly #timeouts: Required<PeerTimeouts>
  /** When the connection started, later by as much as it has been excused for. */
  #startedAt: number

  constructor(kind: ConnectionKind, timeouts: Required<PeerTimeouts>, now: Instant) {
    this.#kind = kind
    this.#timeouts = timeouts
    this.#startedAt = now
  }

  /** We did not read, or did not run, for a while. */
  excuse(milliseconds: number): void {
    this.#startedAt += milliseconds
  }

  /** When it has lasted too long. */
  deadline(state: PeerState): number {
    const life = this.#life
    return this.#startedAt + (state === 'ready' ? life : Math.min(this.#timeouts.handshake, life))
  }

  /** Why it is to end, where it has lasted too long. */
  overdue(state: PeerState, now: Instant): DisconnectReason | undefined {
    if (now < this.deadline(state)) return undefined
    if (state !== 'ready') {
      return { code: 'handshake-timeout', blame: 'disconnect', state, timeout: this.#timeouts.handshake }
    }
    const purpose = this.#kind === 'addr-fetch' ? 'addr-fetch' : 'private-broadcast'
    return { code: 'purpose-timeout', blame: 'disconnect', purpose, timeout: this.#life }
  }

  get #life(): number {
    const { addressFetch, privateBroadcast } = this.#timeouts
    if (this.#kind === 'addr-fetch') return addressFetch
    return this.#kind === 'private-broadcast' ? privateBroadcast : Number.POSITIVE_INFINITY
  }
}
