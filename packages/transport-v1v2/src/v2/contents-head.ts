import { encodeContentsHeader, type ShortIds } from '@sapwood/wire-codec'

/** The heads of one byte by their id, shared by all sessions. */
const heads: Uint8Array[] = []

/**
 * What goes before the payload in a packet's contents; not to be changed. An id's is made once and not for
 * each message.
 */
export function contentsHead(command: string, shortIds: ShortIds): Uint8Array {
  const id = shortIds.idOf(command)
  if (id === undefined) return encodeContentsHeader(command, shortIds)
  return (heads[id] ??= Uint8Array.of(id))
}
