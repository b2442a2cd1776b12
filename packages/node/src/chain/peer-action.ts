import type { Message } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'

/** Why a peer is to be discouraged: it sent what no honest peer sends. */
export type Misbehaviour =
  | 'too-many-headers'
  | 'headers-not-linked'
  | 'invalid-header'
  | 'invalid-block'
  | 'block-without-parent'
  | 'mutated-block'
  | 'invalid-compact-block'
  | 'too-many-inventory'
  | 'invalid-transaction'

/** Why a peer is to be let go without a mark against it. */
type LetGo =
  | 'headers-timeout'
  | 'block-stalling'
  | 'block-timeout'
  | 'low-work-chain'
  | 'old-chain'
  | 'transaction-when-none-wanted'

/** What a machine wants done to a peer. The owner loop does it; the machine only says so. */
export type PeerAction =
  /** Queue a message to the peer. */
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: Message }
  /** Discourage and disconnect (a manual or permitted peer is only logged). */
  | { readonly type: 'punish'; readonly peer: PeerId; readonly reason: Misbehaviour; readonly detail: string }
  /** Disconnect, nothing more. */
  | { readonly type: 'disconnect'; readonly peer: PeerId; readonly reason: LetGo }
