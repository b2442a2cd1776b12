import type { PeerError } from '../contract/peer-error.ts'
import type { ReplyHandle, RequestType } from '../contract/request-map.ts'

const STREAMS: ReadonlySet<RequestType> = new Set<RequestType>([
  'getBlocks',
  'getRawBlocks',
  'getCompactFilters',
])

/** The handle of a request that was never made: whoever waits for it, or reads it, is told why. */
export function refusedRequest<Type extends RequestType>(type: Type, error: PeerError): ReplyHandle<Type> {
  const handle: unknown = STREAMS.has(type) ? refusedStream(error) : Promise.reject(error)
  return handle as ReplyHandle<Type>
}

async function* refusedStream(error: PeerError): AsyncGenerator<never, void, undefined> {
  throw await Promise.resolve(error)
}
