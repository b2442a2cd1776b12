/** The reason of an aborted signal as an `Error`. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error('The operation was aborted', { cause: reason })
}
