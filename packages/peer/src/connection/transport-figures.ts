import type { TransportStats } from '@sapwood/transport-v1v2'

/**
 * Reads what a transport says of its traffic. One of a program's own may fail at it later on: what it said
 * last stands then, since an end is told of, and its reason known, whatever the transport does.
 * @throws what `stats` throws: a transport that never says anything is not one to begin with.
 */
export function figuresOf(transport: { stats(): TransportStats | undefined }): () => TransportStats {
  let last = transport.stats() as TransportStats
  return () => {
    try {
      last = transport.stats() ?? last
    } catch {
      // Nobody is to lose a connection for a figure.
    }
    return last
  }
}
