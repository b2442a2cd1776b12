import { isCommand, maxPayloadSize, type Contents } from '@sapwood/wire-codec'
import { TransportError } from '../errors/transport-error.ts'

/**
 * @throws TransportError `message-too-large` or `invalid-command` for a message that neither framing can
 * carry.
 */
export function assertSendable({ command, payload }: Contents): void {
  const limit = maxPayloadSize(command)
  if (payload.length > limit) {
    throw new TransportError('message-too-large', `A message of ${payload.length} bytes cannot be sent`, {
      received: payload.length,
      limit,
    })
  }
  if (!isCommand(command)) {
    throw new TransportError('invalid-command', 'A command is 1 to 12 printable ASCII characters')
  }
}
