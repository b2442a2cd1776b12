import { EXIT, type ExitCode } from './exit-code.ts'

/** Ends a command with a sentence for its user. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** What the process ends with. */
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = EXIT.failed, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}

/** A command line, or a file of options, that was not understood. */
export function usageError(message: string, cause?: unknown): CommandError {
  return new CommandError(message, EXIT.usage, cause)
}
