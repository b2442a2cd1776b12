import { isTransportError, TransportError } from '../errors/transport-error.ts'

/** A stream's failure as a `TransportError`. */
export function streamFailure(cause: unknown): Error {
  if (isTransportError(cause)) return cause
  return new TransportError('stream-failed', cause instanceof Error ? cause.message : 'The stream broke', {
    cause,
  })
}
