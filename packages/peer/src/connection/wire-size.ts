import { defaultShortIds, type ShortIds } from '@sapwood/wire-codec'

/** magic, command, length, checksum. */
const V1_HEADER = 24
/** BIP324: 3 bytes of length, 1 of header, 16 of tag. */
const V2_OVERHEAD = 20
/** BIP324: a zero and a command of 12 bytes, for a message without a one-byte id. */
const V2_LONG_COMMAND = 13

/** Bytes that a message takes on the wire, framing included. */
export function wireSize(
  protocol: 'v1' | 'v2',
  command: string,
  payloadBytes: number,
  shortIds: ShortIds = defaultShortIds,
): number {
  if (protocol === 'v1') return V1_HEADER + payloadBytes
  const commandBytes = shortIds.idOf(command) === undefined ? V2_LONG_COMMAND : 1
  return V2_OVERHEAD + commandBytes + payloadBytes
}
