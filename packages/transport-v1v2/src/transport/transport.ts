import type { Contents } from '@sapwood/wire-codec'

/**
 * The reading half. A batch costs one promise, however many messages arrived together. Each payload is a
 * view into the chunk or packet it came in, owned by the reader: whoever keeps a part of it for long copies
 * that.
 */
export interface ReadTransport {
  /**
   * All messages that have arrived, at least one, in order; `null` when the remote ended the connection
   * cleanly. Rejects with a `TransportError` on anything else; no message is delivered after that. One call
   * at a time.
   */
  read(): Promise<readonly Contents[] | null>
  /**
   * Says whether a message of `command` is expected that may be larger than all others (`maxPayloadSize` of
   * wire-codec: a `uproof`). Else, as without this method, one of more than 4,000,000 bytes ends the
   * connection.
   */
  expectLarge?(command: string, expected: boolean): void
}

/** The writing half. */
export interface WriteTransport {
  /**
   * Frames (and encrypts) one message and queues it; messages of one tick leave together.
   * @returns false when the queue is past its high-water mark: `await ready()` before sending more.
   * @throws TransportError when the message is too large or the connection has ended.
   */
  send(message: Contents): boolean
  /** Resolves when the queue is below its high-water mark; rejects when the connection ends. */
  ready(): Promise<void>
  /** Bytes queued and not yet taken by the stream. */
  readonly queuedBytes: number
  /** Flushes and ends. */
  close(): Promise<void>
}

/** Messages of one command in one direction. */
export interface CommandStats {
  readonly messages: number
  /** Bytes of their payloads. */
  readonly bytes: number
}

/** What has crossed one connection so far. */
export interface TransportStats {
  /** Bytes taken from the stream, the handshake's included. */
  readonly bytesReceived: number
  /** Bytes handed to the stream, the handshake's included. */
  readonly bytesSent: number
  readonly messagesReceived: number
  readonly messagesSent: number
  /** Decoy packets dropped (v2). */
  readonly decoysReceived: number
  /** Decoy packets sent (v2). */
  readonly decoysSent: number
  /**
   * Messages dropped as the protocol asks: wrong checksum or malformed command (v1), no such command or id
   * (v2).
   */
  readonly messagesDropped: number
  /** Changes of key, both directions together (v2: one for each 224 packets of a direction). */
  readonly rekeys: number
  /** Milliseconds from having the stream to having the transport. */
  readonly handshakeMilliseconds: number
  /**
   * By command. A remote can make up commands: those beyond the first 64 that it sends are counted under
   * `*other*`.
   */
  readonly received: ReadonlyMap<string, CommandStats>
  readonly sent: ReadonlyMap<string, CommandStats>
}

/** A connection on which both sides speak the same framing. */
export interface Transport {
  readonly protocol: 'v1' | 'v2'
  /** BIP324 session id, 32 bytes; v2 only. */
  readonly sessionId?: Uint8Array
  readonly reader: ReadTransport
  readonly writer: WriteTransport
  stats(): TransportStats
  /** Ends both halves at once, wipes secrets; pending calls reject with `reason`. */
  abort(reason: Error): void
}
