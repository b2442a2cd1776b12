import type { ListenOptions } from '../test-peer/test-peer-options.ts'
import { TestPeer } from '../test-peer/test-peer.ts'
import type { PeerListener } from '../test-peer/peer-listener.ts'

/** Where somebody falls silent, from the first byte on; what comes before that is done as it should be. */
export type SilentStep =
  /** Takes the connection, and sends no byte. */
  | 'connect'
  /** v2: sends its key, and no more. v1: the same as `connect`. */
  | 'key'
  /** Encrypts, and sends no `version`. v1: the same as `connect`. */
  | 'version'
  /** Says `version`, and never `verack`. */
  | 'verack'
  /** Shakes hands, and answers nothing, no `ping` either. */
  | 'ping'
  /** Answers pings, and no `getheaders`. */
  | 'headers'
  /** Gives out headers, and no block. */
  | 'blocks'

/** Somebody who lies to who connects: what it says of itself, and what it does on a connection. */
export interface Liar {
  /** What it does to those who connect, in a sentence. */
  readonly does: string
  /** Its side of the handshake: for `TestPeer.listen`, `TestPeer.dial` and `TestPeer.over`. */
  readonly options: Pick<ListenOptions, 'version' | 'handshake' | 'answerPings'>
  /**
   * Does it on a connection that was made with `options`, until that ends. Answers are given as they are
   * asked for; it returns when there is nothing left that it does unasked.
   */
  play(peer: TestPeer): Promise<void>
}

/** A liar that listens. */
export interface ListeningLiar extends AsyncDisposable {
  readonly port: number
  /** Where it is reached, as text. */
  readonly hostAndPort: string
  /** The connections that have come, for what they were asked and their logs. */
  readonly peers: readonly TestPeer[]
}

/**
 * Listens on 127.0.0.1, and lies to each connection that comes: `await
 * listenLiar(liars.withheldBlocks(chain))`.
 * @throws TransportError `dial-failed` where the port is taken.
 */
export async function listenLiar(liar: Liar, options: ListenOptions = {}): Promise<ListeningLiar> {
  const listener: PeerListener<TestPeer> = await TestPeer.listen({ ...options, ...liar.options })
  const peers: TestPeer[] = []
  listener.serve(async (peer) => {
    peers.push(peer)
    await liar.play(peer)
  })
  return {
    port: listener.port,
    hostAndPort: listener.hostAndPort,
    peers,
    [Symbol.asyncDispose]: () => listener.close(),
  }
}
