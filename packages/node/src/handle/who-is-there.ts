import { formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import type { DisconnectReason, PeerId } from '@sapwood/peer'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { EventSource } from '../events/event-source.ts'

/** Why nobody is there to answer, for the error of a call that waited in vain. */
export interface NobodyThere {
  readonly words: string
  readonly cause?: unknown
}

/**
 * Keeps in mind how the last connection failed for as long as no peer is ready: who waits for an answer is to
 * hear that the only peer is of another network, and not that it was slow.
 * @returns asks; undefined where somebody is there, or nothing has failed yet.
 */
export function createWhoIsThere(events: EventSource<ConnectionEvents>): () => NobodyThere | undefined {
  const ready = new Set<PeerId>()
  let last: NobodyThere | undefined
  events.on('peer-ready', ({ peer }) => void ready.add(peer))
  events.on('connection-failed', ({ address, error }) => {
    last = { words: `${named(address)}: ${error.message}`, cause: error }
  })
  events.on('peer-disconnected', ({ peer, address, reason }) => {
    ready.delete(peer)
    last = {
      words: `${named(address)}: ${wordsOf(reason)}`,
      ...('cause' in reason && { cause: reason.cause }),
    }
  })
  return () => (ready.size > 0 ? undefined : last)
}

function wordsOf(reason: DisconnectReason): string {
  const isSilent = reason.code === 'remote-closed' && reason.state === 'awaiting-version'
  // A node of another network that speaks v1 does no more than that (Bitcoin Core, V1Transport::readHeader).
  return isSilent ? 'it hung up before its version, as one of another network does' : reason.code
}

function named(address: PeerAddress | undefined): string {
  return address === undefined ? 'a remote' : formatPeerAddress(address)
}
