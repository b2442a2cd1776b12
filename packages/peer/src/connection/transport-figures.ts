import type { Transport, TransportStats } from '@sapwood/transport-v1v2'

/**
 * What a transport says of its traffic. One of a program's own may fail at it later on: what it said last
 * stands then, since an end is told of, and its reason known, whatever the transport does.
 */
export class TransportFigures {
  readonly #transport: Pick<Transport, 'stats'>
  #last: TransportStats

  constructor(transport: Pick<Transport, 'stats'>) {
    this.#transport = transport
    this.#last = transport.stats()
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
