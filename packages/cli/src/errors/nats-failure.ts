import { isPublishError } from '@sapwood/publish'
import { CommandError, usageError } from './command-error.ts'
import { EXIT } from './exit-code.ts'
import { explainFailure } from './explain-failure.ts'

/** Why no NATS server was had: what was asked for cannot be, its packages are not there, or it is not. */
export function natsFailure(error: unknown): CommandError {
  const { message } = explainFailure(error)
  const code = isPublishError(error) ? error.code : undefined
  if (code === 'invalid-argument') return usageError(message, error)
  return new CommandError(message, code === 'missing-package' ? EXIT.failed : EXIT.unreachable, error)
}
