import type { Transport, TransportStats } from '@sapwood/transport-v1v2'

const NOTHING: TransportStats = {
  bytesReceived: 0,
  bytesSent: 0,
  messagesReceived: 0,
  messagesSent: 0,
  decoysReceived: 0,
  decoysSent: 0,
  messagesDropped: 0,
  rekeys: 0,
  handshakeMilliseconds: 0,
  received: new Map(),
  sent: new Map(),
}

/**
 * What a transport says of its traffic. One of a program's own may fail at it: what it said last stands then,
 * since an end is told of, and its reason known, whatever the transport does.
 */
export class TransportFigures {
  readonly #transport: Pick<Transport, 'stats'>
  #last = NOTHING

  constructor(transport: Pick<Transport, 'stats'>) {
    this.#transport = transport
  }

  read(): TransportStats {
    try {
      this.#last = this.#transport.stats()
    } catch {
      // Nobody is to lose a connection for a figure.
    }
    return this.#last
  }
}
