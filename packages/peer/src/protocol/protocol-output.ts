import type { AnyMessage, Message } from '@sapwood/wire-codec'
import type { PeerEvents } from '../contract/peer-events.ts'
import type { PeerMessage } from '../contract/peer-message.ts'
import type { DisconnectReason, PeerState } from '../contract/disconnect-reason.ts'
import type { ServedType } from '../contract/peer-services.ts'

/** Where the state machine's doings go. All are synchronous; none may call back into it. */
export interface ProtocolOutput {
  readonly send: (message: Message) => void
  /** Sends it behind the answers to all requests so far: an answer of our own that waits for no service. */
  readonly sendInTurn: (message: Message) => void
  /** Whether a message of `command` is expected that may be larger than all others. */
  readonly expectLarge: (command: string, expected: boolean) => void
  readonly sendPayload: (command: string, payload: Uint8Array) => void
  readonly deliver: (message: PeerMessage<AnyMessage>) => void
  /** A request of the remote, to be answered in order. */
  readonly serve: (type: ServedType, payload: Uint8Array) => void
  readonly stateChanged: (state: PeerState) => void
  /** The connection is to end. Nothing is put out after it. */
  readonly end: (reason: DisconnectReason) => void
  readonly emit: <Name extends keyof PeerEvents>(name: Name, event: PeerEvents<AnyMessage>[Name]) => void
  /** `nextDeadline` has come nearer. */
  readonly deadlineChanged: () => void
}
