import { COMMAND_SIZE, defaultShortIds, type ShortIds } from '@sapwood/wire-codec'
import { V1_HEADER_LENGTH, V2_PACKET_OVERHEAD } from '@sapwood/transport-v1v2'

/** BIP324: a zero and a command, for a message without a one-byte id. */
const V2_LONG_COMMAND: number = 1 + COMMAND_SIZE

/** Bytes that a message takes on the wire, framing included. */
export function wireSize(
  protocol: 'v1' | 'v2',
  command: string,
  payloadBytes: number,
  shortIds: ShortIds = defaultShortIds,
): number {
  if (protocol === 'v1') return V1_HEADER_LENGTH + payloadBytes
  const commandBytes = shortIds.idOf(command) === undefined ? V2_LONG_COMMAND : 1
  return V2_PACKET_OVERHEAD + commandBytes + payloadBytes
}
