import { isPublishError, PublishError } from '../errors/publish-error.ts'

/** JetStream's error code: what was expected to be last is not (`JSStreamWrongLastSequenceErrF`). */
const WRONG_LAST_SEQUENCE = 10_071
/** The same where the server does not say what is last (`JSStreamWrongLastSequenceConstantErr`). */
const WRONG_LAST_SEQUENCE_CONSTANT = 10_164
/** The same of a message's id (`JSStreamWrongLastMsgIDErrF`). */
const WRONG_LAST_ID = 10_070
/** Its error codes of what is not there: a stream, a message. */
export const STREAM_NOT_FOUND = 10_059
export const MESSAGE_NOT_FOUND = 10_037
/** From this status on it is the server that cannot, and not the request that is wrong (as in HTTP). */
export const SERVER_STATUS = 500

/** The code with which JetStream said no. @returns undefined for any other error. */
export function answerCode(error: unknown): number | undefined {
  return answerOf(error)?.code
}

/** Whether another has written what was to be compared and set. */
export function isWrongSequence(error: unknown): boolean {
  const code = answerCode(error)
  return code === WRONG_LAST_SEQUENCE || code === WRONG_LAST_SEQUENCE_CONSTANT || code === WRONG_LAST_ID
}

/** Whether the server has answered, and says no. */
export function isRefusal(error: unknown): boolean {
  const answer = answerOf(error)
  return answer !== undefined && answer.status < SERVER_STATUS
}

/** What the server or the way to it did, as an error of ours. */
export function unavailable(cause: unknown): PublishError {
  if (isPublishError(cause)) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new PublishError('unavailable', `The NATS server does not answer as it should: ${why}`, { cause })
}

/** By its shape: the client is loaded when a server is named, may be there twice, and has several classes. */
function answerOf(error: unknown): { readonly code: number; readonly status: number } | undefined {
  if (isPublishError(error)) return answerOf(error.cause)
  if (!(error instanceof Error) || !('apiError' in error && 'code' in error && 'status' in error)) {
    return undefined
  }
  const { code, status } = error
  return typeof code === 'number' && typeof status === 'number' ? { code, status } : undefined
}
