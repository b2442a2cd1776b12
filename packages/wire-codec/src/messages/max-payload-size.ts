import { MAX_UTREEXO_PROOF_SIZE } from '../utreexo/utreexo-proof.ts'
import { MAX_PAYLOAD_SIZE } from './limits.ts'

/**
 * Most bytes that the payload of a message of `command` may ever have: `MAX_PAYLOAD_SIZE`, but for a
 * `uproof`.
 * @example
 * maxPayloadSize('ping') // 4000000
 */
export function maxPayloadSize(command: string): number {
  return command === 'uproof' ? MAX_UTREEXO_PROOF_SIZE : MAX_PAYLOAD_SIZE
}
