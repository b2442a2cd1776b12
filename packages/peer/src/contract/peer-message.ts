import type { AnyMessage, Message } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { PeerId } from './peer-id.ts'
import type { DisconnectReport } from './disconnect-reason.ts'
import type { PeerVersion } from './peer-version.ts'

/**
 * What a peer tells its owner, in order: `ready` at most once, then messages, `disconnected` exactly once and
 * last. `Own`: the program's own messages, as the codecs of its registry give them.
 */
export type PeerMessage<Own extends AnyMessage = never> =
  | { readonly type: 'ready'; readonly version: PeerVersion }
  | {
      /**
       * A message that is the owner's to handle: announcements (`inv`, `headers`, `cmpctblock`), addresses
       * within the rate limit, what nobody asked for, and what was asked for with `send()` rather than by a
       * request method.
       */
      readonly type: 'message'
      readonly message: Message | Own
      /** The message's payload: a view, as all byte fields of `message` are. */
      readonly payload: Uint8Array
      /** A reply (block, tx, notfound, cfilter, …) that nothing had asked for. */
      readonly unrequested: boolean
      /**
       * For `addr` and `addrv2`: entries that the remote's message had, of which `message` holds those that
       * the rate limit let through. Core relays from messages of at most 10.
       */
      readonly addressCount?: number
    }
  | ({ readonly type: 'disconnected' } & DisconnectReport)

/** A `PeerMessage` as it arrives at an owner of many peers: who said it, and when it was read. */
export interface PeerNotification<Own extends AnyMessage = never> {
  readonly type: 'peer'
  readonly peer: PeerId
  readonly at: Instant
  readonly message: PeerMessage<Own>
}
