import { isNodeError, type NodeError, type NodeErrorCode } from '@sapwood/node'
import { type DisconnectReason, isPeerError } from '@sapwood/peer'
import { isProxyError } from '@sapwood/proxy'
import { isTransportError, type TransportError } from '@sapwood/transport-v1v2'
import { isDecodeError } from '@sapwood/wire-codec'
import { CommandError } from './command-error.ts'
import { EXIT, type ExitCode } from './exit-code.ts'

/** How a failure is told: the sentence, and what the process ends with. */
interface Failure {
  readonly message: string
  readonly exitCode: ExitCode
  /** The literal code of the typed error, where it was one. */
  readonly code?: string
}

/** What a program that asks the node for something may have got wrong. */
const USAGE_CODES: ReadonlySet<NodeErrorCode> = new Set(['invalid-address', 'invalid-argument'])
/** Causes of causes that are followed to the one that is told. */
const MAX_TOLD = 8
/** What means that nobody was there. */
const UNREACHABLE_CODES: ReadonlySet<NodeErrorCode> = new Set([
  'connection-failed',
  'unreachable-network',
  'no-private-route',
  'no-filter-peer',
])

/** The sentence and the exit code of whatever a command ended with. */
export function explainFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof CommandError) return { message, exitCode: error.exitCode }
  if (isTransportError(error)) return { message, exitCode: ofTransport(error), code: error.code }
  if (isPeerError(error)) {
    const exitCode = error.reason === undefined ? EXIT.failed : ofDisconnect(error.reason)
    return { message, exitCode, code: error.code }
  }
  if (isNodeError(error)) return { message: reasoned(error), exitCode: ofNode(error.code), code: error.code }
  if (isProxyError(error)) {
    const usage = error.code === 'invalid-options' || error.code === 'invalid-address'
    return { message, exitCode: usage ? EXIT.usage : EXIT.unreachable, code: error.code }
  }
  if (isDecodeError(error)) return { message, exitCode: EXIT.failed, code: error.code }
  return { message, exitCode: EXIT.failed }
}

/** Reached is what has sent a byte: what ends the agreement after that is the remote's refusal. */
function ofTransport({ code, phase }: TransportError): ExitCode {
  switch (code) {
    case 'invalid-argument':
    case 'invalid-command':
      return EXIT.usage
    case 'dial-failed':
    case 'resolve-failed':
    case 'refused-address':
      return EXIT.unreachable
    case 'timeout':
      return phase === 'dial' || phase === 'key' || phase === undefined ? EXIT.unreachable : EXIT.refused
    default:
      return EXIT.refused
  }
}

/** By whose will a connection ended. */
export function ofDisconnect({ code }: DisconnectReason): ExitCode {
  // What speaks no protocol of ours (`transport-failed`) refuses it.
  if (code === 'remote-closed' || code === 'transport-failed') return EXIT.refused
  if (code === 'handshake-timeout' || code === 'inactive') return EXIT.unreachable
  return EXIT.failed
}

/** What the node says, and why: a port that is taken, a folder that another process has. */
function reasoned({ code, message, cause }: NodeError): string {
  const sentence = message.replace(/\.$/, '')
  if (code === 'store-locked') return `${sentence}: another process has it open`
  let reason: unknown = cause
  for (let depth = 0; depth < MAX_TOLD && reason instanceof Error && reason.cause instanceof Error; depth++)
    reason = reason.cause
  if (!(reason instanceof Error) || message.includes(reason.message)) return message
  return `${sentence}: ${reason.message}`
}

function ofNode(code: NodeErrorCode): ExitCode {
  if (USAGE_CODES.has(code)) return EXIT.usage
  return UNREACHABLE_CODES.has(code) ? EXIT.unreachable : EXIT.failed
}
