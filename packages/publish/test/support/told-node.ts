import type { NodeEventOf } from '@sapwood/node'
import { type PeerEvents, type PeerId, peerId } from '@sapwood/peer'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import {
  type AnyMessage,
  encodePayload,
  type Message,
  type PeerAddress,
  parsePeerAddress,
} from '@sapwood/wire-codec'
import type { ObservedNode } from '../../src/observing/observe-node.ts'

type Listener = (event: never) => void

/** A node to be observed, whose events are told by hand. */
export class ToldNode {
  readonly peer: PeerId = peerId(7)
  readonly at: WallTime = 1_700_000_000_123 as WallTime
  readonly address: PeerAddress = parsePeerAddress('10.0.0.1:8333', { defaultPort: 0 })
  readonly #ofNode = new Map<string, Listener>()
  readonly #ofPeer = new Map<string, Listener>()

  /** What is observed of it. */
  get node(): ObservedNode {
    const on = (name: string, listener: Listener): (() => void) => {
      this.#ofNode.set(name, listener)
      return () => this.#ofNode.delete(name)
    }
    const peerEvents = () => ({
      on: (name: string, listener: Listener) => this.#ofPeer.set(name, listener),
    })
    return { events: { on }, network: { peerEvents } } as unknown as ObservedNode
  }

  get hasListeners(): boolean {
    return this.#ofNode.size > 0
  }

  connect(): void {
    const { at, peer, address } = this
    this.tell('peer-connected', { at, peer, kind: 'manual', address })
  }

  tell<Name extends 'peer-connected' | 'peer-disconnected'>(
    name: Name,
    event: Partial<NodeEventOf<Name>>,
  ): void {
    this.#ofNode.get(name)?.(event as never)
  }

  tellOfPeer<Name extends keyof PeerEvents<AnyMessage>>(
    name: Name,
    event: PeerEvents<AnyMessage>[Name],
  ): void {
    this.#ofPeer.get(name)?.(event as never)
  }

  /** The peer says something. */
  hear(message: Message): void {
    const { command, payload } = encodePayload(message)
    this.hearBytes(command, payload)
  }

  hearBytes(command: string, payload: Uint8Array): void {
    const facts = { direction: 'received', command, payload, bytes: payload.length, at: this.at } as const
    this.tellOfPeer('trace', facts)
  }
}
