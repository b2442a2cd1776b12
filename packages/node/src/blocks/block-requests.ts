import type { BlockHash } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { BlockPeer } from './block-download-action.ts'

/** Blocks in a row by which a peer's pace is told: twice what is asked of one at a time. */
const PACE_BLOCKS = 32

/** A block of the best chain that a peer said it has not got, and all above it. */
interface LackedBlocks {
  from: number
  /** When it is asked again; undefined where it has been. */
  askAt: number | undefined
  /** Milliseconds from its last answer to that. */
  readonly pause: number
}

/** A peer as the block download sees it. */
export interface DownloadPeer {
  readonly id: PeerId
  readonly facts: BlockPeer
  /** The block with the most work that it is known to have. */
  best: BlockHash | undefined
  /** Up to here it has the blocks of our best chain; -1 while nothing is known. */
  commonHeight: number
  /** What it has not got, until it sends a block. */
  lack: LackedBlocks | undefined
  /** Keys of the blocks asked of it, oldest first. */
  readonly inFlight: Set<string>
  /** Those of them that it has sent, and that are being checked elsewhere. */
  readonly underCheck: Set<string>
  /**
   * When it last sent a block that it was asked for, or was asked for one while it had nothing to do:
   * the next should follow soon.
   */
  downloadingSince: Instant
  /** When there was nothing that it could have been asked for, the last time that it was looked at. */
  idleAt: number
  /** Since when the window waits for it alone. */
  stallingSince: Instant | undefined
  /** What it was asked for has been asked of others too: it gets nothing more until it sends some of that. */
  late: boolean
  /** Keys of the blocks that came from others while it was late. */
  readonly owed: Set<string>
  /** How many blocks had come from all peers when it last sent one, or was asked for the first. */
  seenAt: number
  /** The same for each of the last blocks that it sent. */
  readonly pace: number[]
}

/** A block asked of one peer, or of two where the first is late. */
export interface BlockRequest {
  readonly key: string
  readonly hash: BlockHash
  readonly height: number
  readonly peers: Set<PeerId>
}

/** Whether nothing is waited for from the peer. */
export function owesNothing({ inFlight, underCheck, late, owed }: DownloadPeer): boolean {
  return inFlight.size === underCheck.size && !(late && owed.size > 0)
}

/** Whether there are peers before which this one goes, in `BlockRequests.goesBefore`. */
export function mayEverHelp({ facts, pace }: DownloadPeer): boolean {
  return facts.preferred || pace.length === PACE_BLOCKS
}

function rank({ facts, pace }: DownloadPeer): number {
  return (facts.preferred ? 0 : 2) + (pace.length > 0 ? 0 : 1)
}

/** What is asked of whom. Keeps both views, by block and by peer, in step. */
export class BlockRequests {
  readonly peers: Map<PeerId, DownloadPeer> = new Map()
  readonly #requests = new Map<string, BlockRequest>()
  /** Blocks that have come from all peers. */
  #seen = 0
  /** `peers` by preference, as long as that does not change. */
  #byPreference: readonly DownloadPeer[] | undefined

  get size(): number {
    return this.#requests.size
  }

  get(key: string): BlockRequest | undefined {
    return this.#requests.get(key)
  }

  /**
   * Those to be asked first, first: dialled by us before those who dialled us,
   * of either those that have kept their word.
   */
  get byPreference(): readonly DownloadPeer[] {
    this.#byPreference ??= [...this.peers.values()].sort((a, b) => rank(a) - rank(b))
    return this.#byPreference
  }

  /** Those of whom something is waited for. */
  get owing(): readonly DownloadPeer[] {
    const owing: DownloadPeer[] = []
    for (const peer of this.peers.values()) if (!owesNothing(peer)) owing.push(peer)
    return owing
  }

  addPeer(id: PeerId, facts: BlockPeer): DownloadPeer {
    this.#byPreference = undefined
    const peer: DownloadPeer = {
      id,
      facts,
      best: undefined,
      commonHeight: -1,
      lack: undefined,
      inFlight: new Set(),
      underCheck: new Set(),
      downloadingSince: 0 as Instant,
      idleAt: Number.NEGATIVE_INFINITY,
      stallingSince: undefined,
      late: false,
      owed: new Set(),
      seenAt: 0,
      pace: [],
    }
    this.peers.set(id, peer)
    return peer
  }

  /** @returns the requests that nobody else has been asked for. */
  removePeer(id: PeerId): BlockRequest[] {
    const peer = this.peers.get(id)
    if (peer === undefined) return []
    this.peers.delete(id)
    this.#byPreference = undefined
    const orphaned: BlockRequest[] = []
    for (const key of peer.inFlight) {
      const request = this.#requests.get(key)
      if (request !== undefined && this.#leave(request, id)) orphaned.push(request)
    }
    return orphaned
  }

  ask(peer: DownloadPeer, key: string, hash: BlockHash, height: number, now: Instant): void {
    let request = this.#requests.get(key)
    if (request === undefined) {
      request = { key, hash, height, peers: new Set() }
      this.#requests.set(key, request)
    }
    request.peers.add(peer.id)
    if (peer.inFlight.size === 0) {
      peer.downloadingSince = now
      peer.seenAt = this.#seen
    }
    peer.inFlight.add(key)
  }

  /**
   * The peer sent a block. Only one that it was asked for, and once, speaks for it:
   * others are there to be sent for ever.
   */
  progress(id: PeerId, key: string, now: Instant): void {
    const peer = this.peers.get(id)
    if (peer === undefined) return
    const isDue = peer.inFlight.has(key) && !peer.underCheck.has(key)
    if (!isDue && !peer.owed.delete(key)) return
    peer.late = false
    peer.lack = undefined
    peer.stallingSince = undefined
    peer.downloadingSince = now
    peer.seenAt = ++this.#seen
    if (peer.pace.length === 0) this.#byPreference = undefined
    peer.pace.push(this.#seen)
    if (peer.pace.length > PACE_BLOCKS) peer.pace.shift()
  }

  /**
   * Whether what one peer owes is better asked of another at once: of one that has sent two windows of blocks
   * since the first sent its last, or of one that we dialled where the first dialled us and has never sent
   * any.
   */
  goesBefore(peer: DownloadPeer, other: DownloadPeer): boolean {
    if (owesNothing(other)) return false
    if (peer.pace.length === PACE_BLOCKS && peer.pace[0]! > other.seenAt) return true
    return peer.facts.preferred && !other.facts.preferred && other.pace.length === 0
  }

  /** Others are asked for what the peer is silent about. */
  markLate(peer: DownloadPeer): void {
    if (!peer.late) peer.owed.clear()
    peer.late = true
  }

  /** The peer may be asked again, whatever it owes. */
  forgive(peer: DownloadPeer, now: Instant): void {
    peer.late = false
    peer.owed.clear()
    peer.downloadingSince = now
  }

  /** The block is here: nobody is waited for any more. */
  finish(key: string): void {
    const request = this.#requests.get(key)
    if (request === undefined) return
    this.#requests.delete(key)
    for (const id of request.peers) this.#forget(id, key)
  }

  /** The peer will not send it. @returns the request where nobody else was asked for it. */
  fail(peer: PeerId, key: string): BlockRequest | undefined {
    this.#forget(peer, key)
    this.#answered(peer, key)
    const request = this.#requests.get(key)
    if (request === undefined || !request.peers.has(peer)) return undefined
    return this.#leave(request, peer) ? request : undefined
  }

  /** That it has not got the block is an answer too. */
  #answered(id: PeerId, key: string): void {
    const peer = this.peers.get(id)
    if (peer === undefined) return
    peer.owed.delete(key)
    if (peer.inFlight.size === 0 && peer.owed.size === 0) peer.late = false
  }

  #leave(request: BlockRequest, peer: PeerId): boolean {
    request.peers.delete(peer)
    if (request.peers.size > 0) return false
    this.#requests.delete(request.key)
    return true
  }

  #forget(id: PeerId, key: string): void {
    const peer = this.peers.get(id)
    if (peer?.inFlight.delete(key) !== true) return
    if (peer.late) peer.owed.add(key)
    if (peer.inFlight.size === 0) peer.stallingSince = undefined
  }
}
