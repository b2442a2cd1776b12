import { printableLines } from './printable.ts'

/** What went wrong in a harness, a program it started, or a command-line program of this package. */
export type IntegrationErrorCode =
  /** A program is not on this machine and could not be installed. `tried` says what was done. */
  | 'program-not-found'
  /**
   * A command ended with a non-zero exit code, a signal, or at its deadline. `stderr` holds its last lines.
   */
  | 'command-failed'
  /** A program that was to keep running ended. `exit` and `stderr` say how. */
  | 'process-exited'
  /** Something that was waited for did not happen before its deadline. */
  | 'timeout'
  /** No free port could be had, or one given by the caller is taken. */
  | 'port-in-use'
  /** bitcoind answered a call with an error: `rpcCode` and the message are its own. */
  | 'rpc-error'
  /** bitcoind could not be reached, or its answer was not understood. */
  | 'rpc-unreachable'
  /** A downloaded archive is not the one its pinned SHA-256 names. */
  | 'checksum-mismatch'
  /** What was being downloaded is larger than what was to come can be; no more of it was read. */
  | 'archive-too-large'
  /** A folder that is needed cannot be made, read or written: `folder`. The message says what to do. */
  | 'folder-unusable'
  /**
   * A program was to be given an argument that takes it out of the harness's hands; the message names what to
   * use instead.
   */
  | 'unsupported-argument'
  /** Another process has held the lock of an installation for too long. */
  | 'lock-timeout'
  /** The command line was not understood. */
  | 'usage'
  /** What was seen of a peer or of a chain is not what had to be seen. */
  | 'check-failed'

/** How a process ended: exactly one of the two is not null. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: string | null
}

/** The facts of an {@link IntegrationError}; which ones are there follows from its `code`. */
export interface IntegrationErrorDetails {
  readonly cause?: unknown
  readonly command?: readonly string[]
  readonly exit?: ProcessExit
  readonly stderr?: string
  readonly tried?: readonly string[]
  readonly rpcCode?: number
  readonly expected?: string
  readonly received?: string
  readonly folder?: string
  /** The last lines of the log of the bitcoind, or of each of those, that it is about. */
  readonly log?: string
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/integration/IntegrationError')

/** The error class of `@sapwood/integration`. */
export class IntegrationError extends Error {
  override readonly name = 'IntegrationError'
  readonly code: IntegrationErrorCode
  readonly command: readonly string[] | undefined
  readonly exit: ProcessExit | undefined
  /** Last part of what the program wrote to its standard error. */
  readonly stderr: string | undefined
  /** Each thing that was tried, with why it did not work. */
  readonly tried: readonly string[] | undefined
  /** Error code of bitcoind's RPC (`-28` while it is warming up, …). */
  readonly rpcCode: number | undefined
  readonly expected: string | undefined
  readonly received: string | undefined
  readonly folder: string | undefined
  /**
   * The last lines of the log of the bitcoind that it is about, or of each of those; undefined where there is
   * none. The message ends with them.
   */
  readonly log: string | undefined

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: IntegrationErrorCode, message: string, details: IntegrationErrorDetails = {}) {
    // What a program, a server or a peer said is in it, and it is shown by whatever runs the tests.
    super(
      printableLines(withLog(message, details.log)),
      'cause' in details ? { cause: details.cause } : undefined,
    )
    this.code = code
    this.command = details.command
    this.exit = details.exit
    this.stderr = details.stderr
    this.tried = details.tried
    this.rpcCode = details.rpcCode
    this.expected = details.expected
    this.received = details.received
    this.folder = details.folder
    this.log = details.log
  }
}

/** What bitcoind was doing says more of a failure in a CI than the failure itself. */
function withLog(message: string, log: string | undefined): string {
  return log === undefined ? message : `${message}\nThe last lines of bitcoind's log:\n${log}`
}

/**
 * Whether a value is an `IntegrationError`, also one of another copy of this package.
 * @example
 * isIntegrationError(new Error('another')) // false
 */
export function isIntegrationError(error: unknown): error is IntegrationError {
  return typeof error === 'object' && error !== null && BRAND in error
}
