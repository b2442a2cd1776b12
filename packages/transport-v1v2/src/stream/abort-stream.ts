import type { ByteStream } from './byte-stream.ts'

/**
 * Aborts a stream that may be somebody else's work: what its `abort` throws, or that it has none, ends
 * nothing but itself.
 */
export function abortStream(stream: Partial<Pick<ByteStream, 'abort'>> | undefined, reason: Error): void {
  try {
    stream?.abort?.(reason)
  } catch {
    // There is nothing left to do with it.
  }
}
