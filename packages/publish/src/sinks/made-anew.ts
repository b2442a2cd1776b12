import { PublishError } from '../errors/publish-error.ts'

/** Of a log that ends before what its consumer has had: whatever comes is not what would have come. */
export function madeAnew(after: number, last: number): PublishError {
  const message = `Message ${after} was read before, and the last is ${last}: the log was made anew`
  return new PublishError('gap', message, { expected: after + 1, sequence: last })
}
